"""Make, list, rename and revoke API keys with a program."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from accounts import keys, tokens
from accounts.errors import TooManyKeys
from accounts.models import ApiKey

from .conftest import Program

pytestmark = pytest.mark.django_db

NEW = {"name": "Home dashboard", "scopes": ["read", "chat"]}
SHOWN = {"id", "name", "prefix", "scopes", "state", "created_at", "last_used_at", "expires_at", "revoked_at"}


@pytest.fixture
def owner(person) -> Program:
    """A program that is signed in as `person`."""
    program = Program()
    program.token = tokens.issue(user=person).access
    return program


@pytest.fixture
def stranger(make_person) -> Program:
    program = Program()
    program.token = tokens.issue(user=make_person()).access
    return program


def make(person, **more) -> ApiKey:
    return keys.make(user=person, **NEW, **more)[0]


def test_a_new_key_is_told_once_and_lets_its_person_in(owner, person):
    answer = owner.post("keys", NEW)
    assert answer.status_code == 201
    made = answer.json()
    secret = made.pop("key")
    assert set(made) == SHOWN
    assert re.fullmatch(r"cs_[0-9a-f]{8}_[0-9A-Za-z]{43}", secret)
    assert secret.startswith(made["prefix"] + "_")
    assert (made["name"], made["scopes"], made["state"]) == ("Home dashboard", ["read", "chat"], "active")
    assert (made["expires_at"], made["last_used_at"], made["revoked_at"]) == (None, None, None)
    owner.token = secret
    assert owner.get("me").json()["user"]["id"] == str(person.id)


def test_the_answer_is_kept_by_nobody_on_the_way(owner):
    for answer in (owner.post("keys", NEW), owner.get("keys")):
        assert "no-store" in answer["Cache-Control"]


def test_a_secret_is_never_told_again(owner):
    made = owner.post("keys", NEW).json()
    for path in ("keys", f"keys/{made['id']}"):
        assert made["key"] not in owner.get(path).content.decode()
        assert hashlib.sha256(made["key"].encode()).hexdigest() not in owner.get(path).content.decode()


def test_no_secret_is_anywhere_in_the_database(owner):
    secret = owner.post("keys", NEW).json()["key"]
    random_part = secret.rpartition("_")[2]
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            assert random_part not in str(cursor.fetchall())
    assert ApiKey.objects.get().digest == hashlib.sha256(secret.encode()).hexdigest()


def test_no_two_secrets_are_alike(person):
    secrets = {keys.make(user=person, **NEW)[1] for _ in range(20)}
    assert len({secret.rpartition("_")[2] for secret in secrets}) == 20


def test_keys_are_listed_the_newest_first(owner, person):
    first, second = make(person), make(person)
    listed = owner.get("keys").json()["keys"]
    assert [key["id"] for key in listed] == [str(second.id), str(first.id)]
    assert set(listed[0]) == SHOWN


def test_a_list_costs_as_much_whatever_its_length(owner, person, django_assert_num_queries):
    for number in (3, 30):
        for _ in range(number):
            make(person)
        with django_assert_num_queries(2):
            owner.get("keys")


def test_a_key_is_read_and_renamed(owner, person):
    key = make(person)
    renamed = owner.send("patch", f"keys/{key.id}", {"name": "  Kitchen  "})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Kitchen")
    assert owner.get(f"keys/{key.id}").json() == renamed.json()


def test_times_are_in_utc_whatever_the_zone_of_the_installation(owner, settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    made = owner.post("keys", NEW | {"expires_at": moment.strftime("%Y-%m-%dT%H:%M:%S")}).json()
    assert made["expires_at"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert made["created_at"].endswith("Z")


def test_a_revoked_key_stays_in_the_list_and_says_so(owner, person):
    key = make(person)
    assert owner.send("delete", f"keys/{key.id}").status_code == 204
    (listed,) = owner.get("keys").json()["keys"]
    assert listed["state"] == "revoked"
    assert listed["revoked_at"] is not None


def test_revoking_twice_changes_nothing(owner, person):
    key = make(person)
    owner.send("delete", f"keys/{key.id}")
    before = ApiKey.objects.get().revoked_at
    assert owner.send("delete", f"keys/{key.id}").status_code == 204
    assert ApiKey.objects.get().revoked_at == before


def test_revoking_is_announced_once_it_is_committed(person, revoked, django_capture_on_commit_callbacks):
    key = make(person)
    with django_capture_on_commit_callbacks(execute=True):
        keys.revoke(key=key)
        assert revoked == []
    assert revoked == [person.id]


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_somebody_elses_key_is_not_there(stranger, person, method):
    key = make(person)
    theirs = stranger.send(method, f"keys/{key.id}", {"name": "Mine now"})
    nothing = stranger.send(method, "keys/00000000-0000-4000-8000-000000000000", {"name": "Mine now"})
    assert theirs.status_code == nothing.status_code == 404
    assert {**theirs.json(), "request_id": ""} == {**nothing.json(), "request_id": ""}
    key.refresh_from_db()
    assert (key.name, key.state) == ("Home dashboard", "active")
    assert stranger.get("keys").json() == {"keys": []}


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_has_no_keys(program, method):
    assert program.send(method, "keys", NEW).status_code == 401


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 101, "a\x00b", "a\nb", "Ma\u202eya", "zero\u200bwidth", "\ud83d", 7, None, ["x"], {"x": 1}, True],
)
@pytest.mark.parametrize("verb", ["make", "rename"])
def test_a_weird_name_is_refused(owner, person, name, verb):
    if verb == "make":
        answer = owner.post("keys", NEW | {"name": name})
        assert not ApiKey.objects.exists()
    else:
        key = make(person)
        answer = owner.send("patch", f"keys/{key.id}", {"name": name})
        key.refresh_from_db()
        assert key.name == "Home dashboard"
    assert answer.status_code == 400
    assert answer.json()["code"] == {"a\x00b": "invalid_character", "\ud83d": "bad_json"}.get(str(name), "invalid")


@pytest.mark.parametrize("name", ["x", "x" * 100, "<script>alert(1)</script>", "'; DROP TABLE", "日本語 🔑", "Ключ"])
def test_a_name_may_be_anything_that_can_be_seen(owner, name):
    assert owner.post("keys", NEW | {"name": name}).json()["name"] == name


@pytest.mark.parametrize(
    "scopes", [[], ["root"], ["read", "root"], "read", None, {}, [None], [["read"]], [1], ["READ"]]
)
def test_scopes_are_some_of_those_there_are(owner, scopes):
    answer = owner.post("keys", NEW | {"scopes": scopes})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "scopes" in answer.json()["fields"]
    assert not ApiKey.objects.exists()


def test_a_scope_named_twice_is_had_once(owner):
    assert owner.post("keys", NEW | {"scopes": ["chat", "read", "chat"]}).json()["scopes"] == ["read", "chat"]


@pytest.mark.parametrize(
    "moment",
    ["2001-01-01T00:00:00Z", "tomorrow", "", 1893456000, True, [], "9999-12-31T23:59:59-23:59", "2030-13-01T00:00Z"],
)
def test_an_expiry_is_a_moment_in_the_future(owner, moment):
    answer = owner.post("keys", NEW | {"expires_at": moment})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "expires_at" in answer.json()["fields"]
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("field", ["key", "prefix", "digest", "user", "id", "revoked_at", "last_used_at", "state"])
def test_what_cannot_be_chosen_is_an_unknown_field(owner, person, field):
    key = make(person)
    for answer in (
        owner.post("keys", NEW | {field: "x"}),
        owner.send("patch", f"keys/{key.id}", {"name": "y", field: "x"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert ApiKey.objects.get().name == "Home dashboard"


def test_what_a_key_may_do_cannot_be_changed(owner, person):
    key = make(person)
    answer = owner.send("patch", f"keys/{key.id}", {"name": "x", "scopes": ["admin"]})
    assert answer.json()["code"] == "unknown_field"


def test_fifty_may_live_at_once(owner, person):
    made = [make(person) for _ in range(keys.LIVING_KEYS)]
    answer = owner.post("keys", NEW)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_keys")
    keys.revoke(key=made[0])
    ApiKey.objects.filter(pk=made[1].pk).update(expires_at=timezone.now())
    assert [owner.post("keys", NEW).status_code for _ in range(3)] == [201, 201, 409]


def test_only_so_many_dead_keys_are_remembered(person):
    for _ in range(keys.DEAD_KEYS + 3):
        keys.revoke(key=make(person))
    last = make(person)
    assert ApiKey.objects.count() == keys.DEAD_KEYS + 1
    assert ApiKey.objects.get(revoked_at=None) == last


@pytest.mark.django_db(transaction=True)
def test_many_at_the_same_time_do_not_pass_the_limit(person):
    for _ in range(keys.LIVING_KEYS - 2):
        make(person)

    def attempt(_) -> bool:
        try:
            make(person)
        except TooManyKeys:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(8))) == 2
    assert ApiKey.objects.alive().count() == keys.LIVING_KEYS
