"""Prompts that are kept, with a program."""

import pytest
from django.contrib.auth.models import Group

pytestmark = pytest.mark.django_db


def test_make_read_change_and_delete(program, stranger):
    answer = program.post("presets/", {"name": "Explain", "text": "Explain {{topic}}."})
    made = answer.json()
    assert answer.status_code == 201 and answer["Location"].endswith(f"/api/presets/{made['id']}/")
    assert (made["variables"], made["mine"], made["everybody"], made["groups"]) == (["topic"], True, False, [])
    path = f"presets/{made['id']}/"
    assert program.patch(path, {"text": "Tell of {{a}} and {{b}}"}).json()["variables"] == ["a", "b"]
    for answer in (stranger.get(path), stranger.patch(path, {"name": "x"}), stranger.delete(path)):
        assert answer.status_code == 404
    assert program.delete(path).status_code == 204
    assert program.get("presets/").json() == {"presets": []}


def test_sharing_is_for_administrators_and_all_or_nothing(program, stranger, alice, bob):
    path = f"presets/{program.post('presets/', {'name': 'Mine', 'text': 'x'}).json()['id']}/"
    answer = program.patch(path, {"name": "Ours", "everybody": True})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert program.get(path).json()["name"] == "Mine"
    alice.is_superuser = True
    alice.save()
    bob.groups.add(Group.objects.create(name="Writers"))
    assert program.patch(path, {"groups": ["Nobody"]}).json()["code"] == "no_such_group"
    assert program.patch(path, {"groups": ["Writers"]}).json()["groups"] == ["Writers"]
    (seen,) = stranger.get("presets/").json()["presets"]
    assert (seen["name"], seen["mine"], seen["groups"]) == ("Mine", False, [])
    assert stranger.patch(path, {"name": "x"}).status_code == 403
    assert stranger.delete(path).status_code == 403


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"name": "x"}, 400),
        ({"name": 5, "text": "x"}, 400),
        ({"name": "x", "text": ["x"]}, 400),
        ({"name": "x", "text": "x" * 9000}, 413),
        ({"name": "x", "text": "x", "owner": "me"}, 400),
        ({"name": "x", "text": "x", "everybody": True}, 400),
    ],
)
def test_what_cannot_be_kept_is_refused(program, sent, status):
    assert program.post("presets/", sent).status_code == status
    assert program.get("presets/").json() == {"presets": []}


def test_a_name_that_is_taken_is_said(program):
    program.post("presets/", {"name": "Explain", "text": "x"})
    answer = program.post("presets/", {"name": "explain", "text": "y"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
