"""Deleting a person in the admin: all that is theirs goes with them, and what was used stays in the ledger."""

import uuid

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import keys, tokens
from accounts.models import ApiKey, SignIn, User
from conversations import ledger, lifecycle, turns
from conversations.models import Conversation, Message, Quota, Turn, UsageEntry
from llm.meter import Measured
from llm.values import Usage

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def root(make_person) -> Client:
    """An administrator's browser."""
    return signed_in(make_person("root@example.org", is_staff=True, is_superuser=True))


@pytest.fixture
def staff(make_person) -> Client:
    """The browser of somebody who may delete people, and nothing else."""
    user = make_person("staff@example.org", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "delete_user"], content_type__app_label="accounts")
    )
    return signed_in(user)


@pytest.fixture
def busy(person, browser) -> User:
    """Somebody with a session, a token, keys, an address, a limit, two conversations, and an answer under way."""
    tokens.issue(user=person)
    keys.revoke(key=keys.make(user=person, name="Old", scopes=["read"])[0])
    keys.make(user=person, name="New", scopes=["read", "chat"])
    EmailAddress.objects.create(user=person, email=person.email, primary=True)
    Quota.objects.create(user=person, tokens_per_day=1000)
    lifecycle.create(owner=person, title="Empty")
    started = turns.start(conversation_id=uuid.uuid4(), author=person, text="What is a tide?")
    usage = Measured(usage=Usage(7, 3), first_token_ms=1, total_ms=2)
    call = ledger.Call(provider="demo", model="demo/demo", measured=usage, outcome="completed")
    ledger.enter([call], user_id=person.pk, conversation_id=started.turn.conversation_id, turn_id=started.turn.pk)
    return person


def left() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Conversation, Turn, Message, SignIn, ApiKey, Quota)}


def delete(browser: Client, user: User):
    return browser.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"})


@pytest.mark.parametrize("who", ["root", "staff"])
def test_whoever_may_delete_people_deletes_one_with_all_that_is_theirs(who, busy, request):
    browser = request.getfixturevalue(who)
    asked = browser.get(f"/admin/accounts/user/{busy.pk}/delete/")
    assert asked.status_code == 200
    assert "permission" not in asked.content.decode()
    assert delete(browser, busy).status_code == 302
    assert not User.objects.filter(pk=busy.pk).exists()
    assert set(left().values()) == {0}
    assert not EmailAddress.objects.filter(email=busy.email).exists()


def test_several_are_deleted_together(root, busy, make_person):
    other = make_person()
    keys.make(user=other, name="Theirs", scopes=["read"])
    form = {"action": "delete_selected", "_selected_action": [str(busy.pk), str(other.pk)], "post": "yes"}
    assert root.post("/admin/accounts/user/", form).status_code == 302
    assert not User.objects.filter(pk__in=[busy.pk, other.pk]).exists()
    assert set(left().values()) == {0}


def test_what_they_used_stays_in_the_ledger(root, busy):
    before = list(UsageEntry.objects.values_list())
    assert len(before) == 1
    delete(root, busy)
    assert list(UsageEntry.objects.values_list()) == before
    assert root.get("/admin/conversations/usageentry/").status_code == 200


def test_what_let_them_in_lets_nobody_in(root, busy, browser, program):
    program.token = tokens.issue(user=busy).access
    _, secret = keys.make(user=busy, name="Another", scopes=["read"])
    assert Session.objects.exists()
    delete(root, busy)
    assert program.get("me").json()["code"] == "token_not_valid"
    program.token = secret
    assert program.get("me").json()["code"] == "token_not_valid"
    program.token = ""
    assert browser.get("/api/auth/me/").status_code == 401
    assert browser.get("/chat/").status_code == 302


def test_open_connections_are_told(root, busy, revoked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        delete(root, busy)
    assert busy.pk in revoked


def test_their_answers_that_are_being_written_are_ended(root, busy, monkeypatch, django_capture_on_commit_callbacks):
    ended: list[str] = []
    monkeypatch.setattr("conversations.runner.forget_conversation", ended.append)
    (running,) = Turn.objects.values_list("conversation_id", flat=True)
    with django_capture_on_commit_callbacks(execute=True):
        delete(root, busy)
    assert ended == [str(running)]


def test_what_others_have_stays(root, busy, make_person):
    other = make_person()
    turns.start(conversation_id=uuid.uuid4(), author=other, text="Mine")
    keys.make(user=other, name="Mine", scopes=["read"])
    delete(root, busy)
    assert left() == {"Conversation": 1, "Turn": 1, "Message": 2, "SignIn": 0, "ApiKey": 1, "Quota": 0}


def test_their_ids_are_nothing_to_anybody(root, busy, make_person):
    (turn,) = Turn.objects.all()
    other = Client(headers={"authorization": f"Bearer {tokens.issue(user=make_person()).access}"})
    delete(root, busy)
    for path in (
        f"conversations/{turn.conversation_id}/",
        f"turns/{turn.pk}/",
        f"chat/history/{turn.conversation_id}/",
    ):
        assert other.get(f"/api/{path}").status_code == 404
    conversation = other.post("/api/conversations/", {}, content_type="application/json").json()["id"]
    for body in ({"leaf": str(turn.pk)}, {"leaf": str(busy.pk)}):
        changed = other.patch(f"/api/conversations/{conversation}/", body, content_type="application/json")
        assert changed.status_code == 404
    asked = {"text": "After it", "parent": str(turn.pk)}
    assert (
        other.post(f"/api/conversations/{conversation}/turns/", asked, content_type="application/json").status_code
        == 404
    )


def test_staff_delete_neither_administrators_nor_other_staff(staff, make_person):
    for above in (make_person(is_staff=True, is_superuser=True), make_person(is_staff=True)):
        assert delete(staff, above).status_code == 403
        form = {"action": "delete_selected", "_selected_action": [str(above.pk)], "post": "yes"}
        assert staff.post("/admin/accounts/user/", form).status_code == 403
        assert User.objects.filter(pk=above.pk).exists()


def test_whoever_may_not_delete_people_deletes_nobody(make_person, busy):
    user = make_person(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user", "delete_quota"]))
    assert delete(signed_in(user), busy).status_code == 403
    assert User.objects.filter(pk=busy.pk).exists()
