"""Whoever writes locks the conversation first, then its turn, then its messages: so nobody waits in a circle."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import User
from conversations import lifecycle, turns
from conversations.models import Conversation, Message, Turn
from conversations.runner import rows

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one lock for all; runs on PostgreSQL"),
]

WORKER = "here"
PATIENCE_SECONDS = 20
LOOK_SECONDS = 0.01


@pytest.fixture
def started(db) -> turns.Started:
    """A turn that is being answered."""
    author = User.objects.create_user("alice@example.org")
    started = turns.start(conversation_id=uuid.uuid4(), author=author, text="What is a tide?")
    Turn.objects.filter(pk=started.turn.pk).update(status="running", worker=WORKER)
    return started


def said(started: turns.Started) -> rows.Kept:
    return rows.Kept(message_id=str(started.answer.pk), text="The sea rises.", thinking="", seq=3)


def keep(started: turns.Started) -> None:
    rows.keep([said(started)], [started.turn.pk], WORKER)


def finish(started: turns.Started) -> None:
    rows.finish(rows.Ending(turn_id=started.turn.pk, worker=WORKER, kept=said(started), status="completed"))


def reap(started: turns.Started) -> None:
    rows.reap(started.turn.pk, WORKER)


def delete(started: turns.Started) -> None:
    lifecycle.delete(conversation=started.turn.conversation)


def delete_author(started: turns.Started) -> None:
    started.turn.author.delete()


def until_it_waits(work) -> None:
    """Return once somebody waits for a lock in this database, or the work is done without one."""
    end = time.monotonic() + PATIENCE_SECONDS
    waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = %s"
    with connection.cursor() as cursor:
        while not work.done():
            cursor.execute(waiting, [connection.settings_dict["NAME"]])
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < end, "It neither waits nor ends"
            time.sleep(LOOK_SECONDS)


@pytest.mark.parametrize("first", ["conversation", "turn"])
@pytest.mark.parametrize("verb", [keep, finish, reap, delete, delete_author])
def test_a_writer_that_has_to_wait_holds_nothing_that_the_other_wants_next(started, verb: Callable, first: str):
    def work() -> None:
        try:
            verb(started)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            if first == "conversation":
                list(Conversation.objects.select_for_update().filter(pk=started.turn.conversation_id))
            else:
                list(Turn.objects.select_for_update().filter(pk=started.turn.pk))
            working = thread.submit(work)
            until_it_waits(working)
            list(Turn.objects.select_for_update().filter(pk=started.turn.pk))
            list(Message.objects.select_for_update().filter(turn=started.turn.pk))
        working.result(PATIENCE_SECONDS)
