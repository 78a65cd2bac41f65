import pytest

from accounts import people
from accounts.models import User
from conversations import preferences

pytestmark = pytest.mark.django_db


def change(program, **fields):
    return program.send("patch", "me", fields)


def test_a_name_and_a_theme_are_kept(program, person):
    program.sign_in(person.email)
    assert change(program, name=" Maya L. ", theme="dark").json()["user"]["theme"] == "dark"
    person.refresh_from_db()
    assert (person.name, person.theme) == ("Maya L.", "dark")
    assert change(program, language="de").json()["user"]["language"] == "de"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 101),
        ("name", "a\u202eb"),
        ("name", None),
        ("name", 5),
        ("theme", "pink"),
        ("theme", "x" * 10_000),
        ("density", "cosy"),
        ("density", None),
        ("language", "tlh"),
        ("language", None),
    ],
)
def test_what_cannot_be_kept_is_refused(program, person, field, value):
    program.sign_in(person.email)
    answer = change(program, **{field: value})
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    person.refresh_from_db()
    assert (person.name, person.theme) == ("Maya", "")


@pytest.mark.parametrize("field", ["email", "is_staff", "is_superuser", "is_active", "password", "id"])
def test_nothing_else_can_be_changed(program, person, field):
    program.sign_in(person.email)
    answer = change(program, **{field: "1"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"


def test_the_user_tells_nothing_secret(program, person):
    program.sign_in(person.email)
    told = program.get("me").json()["user"]
    assert set(told) == {"id", "email", "name", "theme", "density", "language", "is_staff", "date_joined"}


def test_two_who_change_different_things_both_have_their_way(person):
    stale = User.objects.get(pk=person.pk)
    people.change_preferences(user=person, theme="dark")
    preferences.change(user=person, instructions="Be brief.")
    people.change_preferences(user=stale, density="compact")
    preferences.change(user=stale, use_instructions=False)
    person.refresh_from_db()
    assert (person.theme, person.density) == ("dark", "compact")
    assert (person.instructions, person.use_instructions) == ("Be brief.", False)
