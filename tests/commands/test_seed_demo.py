"""Filling the database with made-up people and conversations."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from accounts.models import User
from conversations import lifecycle, search, threads, turns
from conversations.models import Attachment, Conversation, Message, SearchEntry, Turn, UsageEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(kept_files):
    """Attached files are kept in the test's own folder."""
    return kept_files


def seed(**options) -> str:
    """Return what the command prints."""
    printed = StringIO()
    call_command("seed_demo", **{"conversations": 40, "messages": 400, "users": 3, **options}, stdout=printed)
    return printed.getvalue()


def test_it_makes_as_much_as_was_asked_for():
    seed(long=30)
    assert Conversation.objects.count() == 40 + 1
    assert Message.objects.count() == 400 + 30
    assert Turn.objects.count() == UsageEntry.objects.count() == 200 + 15
    assert User.objects.count() == 1 + 3


def test_the_demo_person_can_sign_in_with_the_printed_password(client):
    password = re.search(r"password (\S+)", seed())[1]
    signed_in = client.post("/accounts/login/", {"login": "demo@example.org", "password": password})
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/chat/")


def test_the_other_people_cannot_sign_in_and_nobody_is_an_administrator():
    seed()
    assert [person.has_usable_password() for person in User.objects.exclude(email="demo@example.org")] == [False] * 3
    assert not User.objects.filter(is_staff=True).exists()


def test_conversations_look_as_if_they_had_been_had():
    seed()
    now = max(UsageEntry.objects.values_list("created_at", flat=True))
    for conversation in Conversation.objects.select_related("leaf"):
        assert conversation.title and conversation.leaf.conversation_id == conversation.pk
        assert conversation.created_at <= conversation.active_at <= now
        shown = threads.thread(conversation=conversation, leaf_id=conversation.leaf_id).entries
        depth = conversation.leaf.depth
        assert [entry.turn.depth for entry in shown] == list(range(depth + 1))[-threads.ENTRIES_SHOWN :]
        assert all(entry.question.role == "user" and len(entry.answers) == 1 for entry in shown)
    assert not Turn.objects.open().exists()
    assert not Turn.objects.filter(parent__isnull=False).exclude(parent__conversation=F("conversation")).exists()


def test_some_questions_were_asked_again():
    seed(messages=2000)
    assert Turn.objects.filter(depth=0).count() > 40
    again = Turn.objects.values("conversation", "parent").distinct().count()
    assert again < Turn.objects.count()


def test_what_was_said_can_be_found_and_talked_on_about():
    seed()
    demo = User.objects.get(email="demo@example.org")
    assert search.messages(user=demo, typed="the").hits
    assert SearchEntry.objects.filter(message=None, file=None).count() == 40
    conversation = demo.conversations.first()
    turns.start(conversation_id=conversation.pk, author=demo, text="And lighthouses?")
    assert search.messages(user=demo, typed="lighthouses").hits
    lifecycle.delete(conversation=conversation)
    assert search.messages(user=demo, typed="lighthouses").hits == []


def test_some_questions_have_files_that_can_be_found_and_opened():
    seed()
    sent = Attachment.objects.select_related("file", "owner").first()
    hits = search.messages(user=sent.owner, typed="the").hits
    assert [hit.file.attachment_id for hit in hits if hit.file] == [sent.pk]
    assert sent.file.content.read().decode() == "".join(each.text for each in sent.file.passages.all())


def test_it_adds_to_what_it_made_before_with_a_new_password():
    first, second = seed(), seed()
    assert first != second
    assert Conversation.objects.count() == 80
    assert User.objects.count() == 1 + 3


def test_it_does_not_touch_what_other_people_have(alice):
    lifecycle.create(owner=alice, title="Mine")
    with pytest.raises(CommandError, match="accounts"):
        seed()
    assert Conversation.objects.count() == User.objects.count() == 1
    seed(force=True)
    assert Conversation.objects.count() == 1 + 40
    assert Conversation.objects.get(owner=alice).title == "Mine"


def test_it_comes_to_no_installation_that_somebody_has_an_account_at(alice):
    with pytest.raises(CommandError, match="accounts"):
        seed()
    assert list(User.objects.all()) == [alice]


@pytest.mark.parametrize("wrong", [{"messages": 79}, {"conversations": 0}, {"users": -1}, {"long": -2}])
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(CommandError):
        seed(**wrong)
    assert not Conversation.objects.exists()
