"""What is in the ledger stays as it was written, whoever tries, and outlives what it was for."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from conversations import ledger, lifecycle, turns
from conversations.models import Conversation, Turn, UsageEntry
from conversations.runner import rows
from llm.meter import Measured
from llm.values import Usage

from .conftest import spend

pytestmark = pytest.mark.django_db


def refused(statement: str, *values) -> bool:
    """Whether the database itself refuses a statement."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except DatabaseError:
        return True
    return False


def test_an_entry_is_never_saved_again(alice):
    entry = spend(alice)
    entry.prompt_tokens = 0
    with pytest.raises(TypeError):
        entry.save()


def test_entries_are_never_updated(alice):
    entry = spend(alice)
    with pytest.raises(TypeError):
        UsageEntry.objects.update(prompt_tokens=0)
    with pytest.raises(TypeError):
        UsageEntry.objects.bulk_update([entry], ["prompt_tokens"])


def test_a_new_entry_does_not_replace_an_old_one(alice):
    entry = spend(alice)
    with pytest.raises(DatabaseError), transaction.atomic():
        UsageEntry(pk=entry.pk, user=alice, prompt_tokens=0).save()
    assert UsageEntry.objects.get().prompt_tokens == entry.prompt_tokens


def test_the_database_itself_refuses_to_change_an_entry(alice):
    spend(alice)
    assert refused("UPDATE conversations_usageentry SET prompt_tokens = 0")
    assert UsageEntry.objects.get().prompt_tokens == 10


def test_old_entries_can_be_deleted(alice):
    spend(alice)
    assert not refused("DELETE FROM conversations_usageentry")


def test_an_entry_outlives_its_conversation(alice):
    turn = answered(alice)
    lifecycle.delete(conversation=turn.conversation)
    entry = UsageEntry.objects.get()
    assert (entry.user_id, entry.turn_id, entry.conversation_id) == (alice.pk, turn.pk, turn.conversation_id)


def test_an_entry_outlives_its_turn(alice):
    turn = answered(alice)
    Conversation.objects.update(leaf=None)
    Turn.objects.filter(pk=turn.pk).delete()
    assert UsageEntry.objects.get().turn_id == turn.pk


@pytest.mark.django_db(transaction=True)
def test_an_entry_outlives_its_person(alice):
    answered(alice)
    person = alice.pk
    alice.delete()
    assert UsageEntry.objects.get().user_id == person


def test_an_entry_knows_its_day(alice):
    entry = spend(alice)
    assert UsageEntry.objects.get().day == entry.created_at.date()


def test_names_longer_than_a_column_are_cut(alice):
    measured = Measured(Usage(1, 1), first_token_ms=None, total_ms=1)
    call = ledger.Call(provider="p" * 99, model="m" * 999, measured=measured)
    (entry,) = ledger.enter([call], user_id=alice.pk)
    assert (len(entry.provider), len(entry.model)) == (30, 200)


def answered(author) -> Turn:
    """Return a turn that has ended, with its entry."""
    started = turns.start(conversation_id=uuid.uuid4(), author=author, text="What is a tide?")
    rows.claim(started.turn.pk, "here")
    kept = rows.Kept(message_id=str(started.answer.pk), text="Water.", thinking="", seq=1)
    measured = Measured(Usage(4, 2), first_token_ms=1, total_ms=2)
    calls = ledger.calls(provider="ollama", model="ollama/fast", measured=[measured], outcome="completed")
    ending = rows.Ending(turn_id=started.turn.pk, worker="here", kept=kept, status="completed", calls=calls)
    turn = rows.finish(ending)
    assert turn is not None
    assert UsageEntry.objects.get().turn_id == turn.pk
    return turn
