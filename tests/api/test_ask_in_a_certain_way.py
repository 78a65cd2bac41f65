"""Parameters and preferences with a program."""

import pytest

pytestmark = pytest.mark.django_db


def test_parameters_are_made_changed_and_taken_back(program):
    made = program.post("conversations/", {"parameters": {"temperature": 0, "thinking": None}}).json()
    path = f"conversations/{made['id']}/"
    assert made["parameters"] == {"temperature": 0.0}
    assert program.patch(path, {"parameters": {"seed": 5}}).json()["parameters"] == {"seed": 5}
    assert program.patch(path, {"title": "A chat"}).json()["parameters"] == {"seed": 5}
    assert program.patch(path, {"parameters": {}}).json()["parameters"] == {}


@pytest.mark.parametrize("sent", [{"temperature": 3}, {"x": 1}, [], "hot", None, 5, {"seed": {"a": {}}}])
def test_what_no_model_can_be_asked_changes_nothing(program, sent):
    made = program.post("conversations/", {"parameters": {"seed": 5}}).json()
    answer = program.patch(f"conversations/{made['id']}/", {"parameters": sent, "title": "Hot"})
    assert answer.status_code == 400 and answer.json()["detail"].endswith(".")
    kept = program.get(f"conversations/{made['id']}/").json()
    assert (kept["parameters"], kept["title"]) == ({"seed": 5}, "")


def test_another_parameter_is_another_version(program):
    made = program.post("conversations/", {})
    changed = program.patch(f"conversations/{made.json()['id']}/", {"parameters": {"seed": 5}})
    assert made["ETag"] != changed["ETag"]


def test_preferences_are_read_and_changed(program, stranger):
    assert program.get("preferences/").json() == {
        "instructions": "",
        "use_instructions": True,
        "model": "",
        "mode": "",
    }
    answer = program.patch("preferences/", {"instructions": " Be brief. ", "mode": "code"})
    assert answer.json() == {"instructions": "Be brief.", "use_instructions": True, "model": "", "mode": "code"}
    assert stranger.get("preferences/").json()["instructions"] == ""


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"instructions": "x" * 4001}, 413),
        ({"instructions": 5}, 400),
        ({"use_instructions": "yes"}, 400),
        ({"mode": "wizard"}, 400),
        ({"model": "x" * 201}, 400),
        ({"theme": "dark"}, 400),
    ],
)
def test_what_cannot_be_kept_is_refused(program, sent, status):
    assert program.patch("preferences/", sent).status_code == status
