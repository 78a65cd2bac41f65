"""What people and staff do stands in the ledger: who, whose, when, from where, and nothing that was said."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts import audit, jobs, keys, people, tokens
from accounts.audit import chain, entering, verification
from accounts.credentials import user_of_token
from accounts.errors import CredentialError
from accounts.models import ApiKey, AuditEntry, SignIn, User
from conversations import exports, imports, lifecycle, permits, shares, tags, turns
from conversations.errors import Invalid
from conversations.models import Conversation, Message
from tests.accounts.conftest import PASSWORD
from tests.files.test_two_at_once import uploaded
from tests.pages.conftest import talk  # noqa: F401

from .conftest import actions, last

pytestmark = pytest.mark.django_db
WRONG = "not the right sentence"


def test_coming_and_going_on_the_pages(make_person, db):
    person = make_person("maya@example.org")
    browser = Client(REMOTE_ADDR="203.0.113.9")
    browser.post("/accounts/login/", {"login": person.email, "password": WRONG})
    browser.post("/accounts/login/", {"login": "nobody@example.org", "password": WRONG})
    answer = browser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    new = {"oldpassword": WRONG, "password1": "quite another sentence", "password2": "quite another sentence"}
    browser.post("/accounts/password/change/", new)
    browser.post("/accounts/password/change/", new | {"oldpassword": PASSWORD})
    browser.post("/accounts/logout/")
    browser.post("/accounts/password/reset/", {"email": person.email})
    assert actions() == [
        "sign_in.failed",
        "sign_in.failed",
        "sign_in",
        "password.wrong",
        "password.changed",
        "sign_out",
        "password.reset_asked",
    ]
    failed, unknown, came = AuditEntry.objects.order_by("number")[:3]
    assert (failed.actor_id, failed.email_digest) == (None, audit.email_digest("Maya@example.org"))
    assert unknown.email_digest == audit.email_digest("nobody@example.org")
    assert (came.actor_id, came.whom_id, came.address) == (person.pk, person.pk, "203.0.113.9")
    assert came.request_id == answer["X-Request-ID"]
    assert abs(came.at - timezone.now()) < timedelta(minutes=1)
    assert not [entry for entry in AuditEntry.objects.all() if "sentence" in entry.details or "@" in entry.details]


def test_what_leaves_the_house_and_comes_in(alice, talk, kept_files, tmp_path):  # noqa: F811
    conversation = talk.conversation
    made = exports.make(conversation=conversation, user=alice, kind="json")
    exports.make_everything(user=alice).file.close()
    with pytest.raises(Invalid):
        exports.make(conversation=conversation, user=alice, kind="exe")
    upload = uploaded(made.file.read(), "chat.json")
    made.file.close()
    (brought,) = imports.take_in(owner=alice, upload=upload).conversations
    link, token = shares.make(conversation=conversation, owner=alice)
    shares.revoke(link=link)
    shares.revoke(link=link)
    told = ["conversation.exported", "everything.exported", "conversations.imported", "link.made", "link.revoked"]
    assert actions() == told
    assert {entry.whom_id for entry in AuditEntry.objects.all()} == {alice.pk}
    assert last("conversation.exported").facts == {"format": "json"}
    assert last("conversations.imported").facts == {"count": 1, "conversations": [str(brought.pk)]}
    assert not [each for each in AuditEntry.objects.all() if token in each.details or "secret" in each.details]


def test_coming_and_going_of_programs(program, make_person):
    pair = program.post("signup", {"email": "ada@example.org", "password": PASSWORD}).json()
    program.post("login", {"email": "ada@example.org", "password": WRONG})
    program.token = pair["access_token"]
    program.post("logout")
    assert actions() == ["sign_up", "sign_in", "sign_in.failed", "sign_out"]
    assert AuditEntry.objects.get(number=1).facts == {"administrator": True}
    ada = User.objects.get()
    assert last("sign_out").actor_id == ada.pk
    assert (last("sign_in").target_kind, last("sign_in").target_id) == ("signin", str(SignIn.objects.get().pk))
    make_person(email="grace@example.org", is_superuser=True)
    people.deactivate(user=ada)
    program.token = ""
    program.post("login", {"email": "ada@example.org", "password": PASSWORD})
    assert last("sign_in.failed").whom_id == ada.pk


def test_a_used_refresh_token_that_comes_back(make_person):
    person = make_person()
    pair = tokens.issue(user=person)
    tokens.rotate(refresh=pair.refresh)
    SignIn.objects.update(rotated_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(CredentialError):
        tokens.rotate(refresh=pair.refresh)
    assert actions() == ["sign_in", "sign_in.ended", "refresh.reused"]
    assert last("refresh.reused").whom_id == person.pk


def test_the_life_of_a_key(alice):
    key, secret = keys.make(user=alice, name="Nightly", scopes=["read"])
    for _ in range(3):
        user_of_token(secret)
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(days=1))
    user_of_token(secret)
    keys.revoke(key=key)
    keys.revoke(key=key)
    assert actions() == ["key.made", "key.used", "key.used", "key.revoked"]
    assert {entry.target_id for entry in AuditEntry.objects.all()} == {str(key.pk)}
    assert secret not in "".join(AuditEntry.objects.values_list("details", flat=True))


def test_a_conversation_that_is_changed_and_deleted(talk, alice):  # noqa: F811
    conversation = talk.conversation
    browser = Client()
    browser.force_login(alice)
    for _ in range(2):
        browser.post(f"/chat/{conversation.pk}/rename/", {"title": "A secret title"})
    lifecycle.change(conversation=conversation, changes={"leaf": talk.pk})
    browser.post(f"/chat/{conversation.pk}/delete/")
    assert actions() == ["sign_in", "conversation.changed", "conversation.deleted"]
    changed, deleted = last("conversation.changed"), last("conversation.deleted")
    assert changed.facts == {"fields": ["title"]}
    assert (deleted.actor_id, deleted.whom_id, deleted.target_id) == (alice.pk, alice.pk, str(conversation.pk))


def test_tags_that_are_put_on_several_conversations(alice):
    one, other = (lifecycle.create(owner=alice) for _ in range(2))
    tag = tags.make(owner=alice, name="A secret name")
    tags.rearrange(user=alice, add=[(tag.pk, one.pk)], remove=[(tag.pk, other.pk)])
    tags.rearrange(user=alice, add=[(tag.pk, one.pk)], remove=[])
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.target_id, entry.facts) == ("conversation.changed", str(one.pk), {"fields": ["tags"]})


def test_what_is_said_to_a_tool_that_asks_first(talk, alice):  # noqa: F811
    asked = [
        Message.objects.create(turn=talk, position=n, role="tool", tool_name="files__write", status="streaming")
        for n in (8, 9)
    ]
    for message, allow in zip(asked, (True, False), strict=True):
        Message.objects.filter(pk=message.pk).update(tool_run={"asks": True, "arguments": {"text": "A secret"}})
        permits.decide(turn=talk, message_id=message.pk, allow=allow)
    assert actions() == ["tool.allowed", "tool.refused"]
    entry = last("tool.allowed")
    assert (entry.whom_id, entry.target_id, entry.facts["tool"]) == (alice.pk, str(talk.pk), "files__write")
    assert "secret" not in entry.details


def test_somebody_who_is_deleted_stays_in_the_ledger_without_their_address(administrator, root, make_person):
    person = make_person("maya@example.org", name="Maya")
    turns.start(conversation_id=uuid.uuid4(), author=person, text="A question")
    keys.make(user=person, name="One", scopes=["read"])
    administrator.post(f"/admin/accounts/user/{person.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=person.pk).exists()
    assert actions()[-2:] == ["person.deleted", "admin.deleted"]
    found = AuditEntry.objects.filter(whom_id=person.pk)
    assert {"key.made", "person.deleted", "admin.deleted"} <= set(found.values_list("action", flat=True))
    assert "maya" not in str(list(found.values())).lower()
    html = administrator.get("/admin/accounts/auditentry/", {"q": "maya@example.org"}).content.decode()
    assert "Made an API key" in html
    assert verification.verify().whole


def test_what_was_not_done_is_not_in_the_ledger(alice, monkeypatch):
    conversation = Conversation.objects.create(owner=alice)

    def fail(*args, **options):
        raise OperationalError("The ledger cannot be written.")

    monkeypatch.setattr(chain, "append", fail)
    with pytest.raises(DatabaseError):
        lifecycle.delete(conversation=conversation)
    assert Conversation.objects.filter(pk=conversation.pk).exists()


def test_a_sign_in_does_not_wait_for_the_ledger_and_is_entered_later(make_person, program, monkeypatch):
    person = make_person()
    append, later = chain.append, []

    def slow(values, *, wait_seconds):
        if wait_seconds == entering.NOTE_SECONDS:
            raise OperationalError("Somebody else has it.")
        return append(values, wait_seconds=wait_seconds)

    monkeypatch.setattr(chain, "append", slow)
    monkeypatch.setattr(jobs, "queue_entry", later.append)
    program.sign_in(person.email)
    assert actions() == []
    for values in later:
        audit.enter_late(values)
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.actor_id, entry.facts["late"]) == ("sign_in", person.pk, True)
    assert (entry.address, verification.verify().whole) == ("198.51.100.7", True)


@pytest.mark.django_db(transaction=True)
def test_many_writers_make_one_chain(alice, bob):
    def write(person: User) -> None:
        for _ in range(15):
            audit.enter("conversation.changed", actor=person, target=person)
        connections.close_all()

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, [alice, bob, alice, bob]))
    assert verification.verify().entries == 60
    assert AuditEntry.objects.filter(actor_id=alice.pk).count() == 30


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite waits for its one write lock")
def test_who_waits_too_long_for_the_end_of_the_chain_gives_up(alice, monkeypatch):
    def try_to() -> str:
        try:
            chain.append(values, wait_seconds=0.1)
        except OperationalError:
            return "gave up"
        finally:
            connections.close_all()
        return "went on"

    values = entering._values("sign_in", alice, alice, None, "", {})
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        audit.enter("sign_in", actor=alice)
        assert other.submit(try_to).result() == "gave up"
    assert verification.verify().entries == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer for everything")
def test_what_a_commit_would_look_at_is_looked_at_before_the_chain_is_locked():
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.create(owner_id=uuid.uuid4())
        # By default PostgreSQL would find out at the commit, with the end of the chain in hand.
        audit.enter("purge")
        pytest.fail("It was entered first.")
