"""Ending a session: by a person, or by the clock when everybody has left; once, with its figures."""

import datetime
import threading
import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import lifecycle, sessions, summaries, turns
from conversations.errors import NotFound, TurnRunning
from conversations.models import Conversation, Job, Message, Summary, Turn

from .conftest import answered, ended

pytestmark = pytest.mark.django_db


def ago(minutes: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(minutes=minutes)


def leave(turn: Turn, minutes: float = 11, **fields) -> None:
    """Let everybody have left the conversation so many minutes ago."""
    left = {"seen_at": ago(minutes), "active_at": ago(minutes)} | fields
    Conversation.objects.filter(pk=turn.conversation_id).update(**left)


def status_of(turn: Turn) -> str:
    return Conversation.objects.get(pk=turn.conversation_id).status


# -- By a person ------------------------------------------------------------------------------------------------------


def test_an_ending_has_one_summary_on_its_way(talk):
    summary = ended(talk)
    assert (summary.number, summary.state, summary.ended_by) == (1, "pending", "person")
    assert summary.leaf_id == talk.pk
    job = Job.objects.get()
    assert (job.kind, job.conversation_id, job.payload) == (
        "summary",
        talk.conversation_id,
        {"summary": str(summary.pk)},
    )


def test_ending_twice_is_one_ending(talk):
    ended(talk)
    ended(talk)
    assert (Summary.objects.count(), Job.objects.count()) == (1, 1)


def test_each_ending_has_a_summary_of_its_own(talk, alice):
    first = ended(talk)
    answered(alice, "And at night?", conversation_id=talk.conversation_id)
    second = ended(talk)
    assert (first.number, second.number) == (1, 2)
    assert second.start_time == first.start_time
    assert second.metrics["messages"]["total"] == 4


def test_a_conversation_in_which_nothing_was_said_has_no_summary(alice):
    conversation = lifecycle.create(owner=alice)
    assert lifecycle.end(conversation=conversation).status == "completed"
    assert not Summary.objects.exists()
    assert not Job.objects.exists()


def test_a_session_does_not_end_while_an_answer_is_written(alice):
    turn = turns.start(conversation_id=uuid.uuid4(), author=alice, text="What is a tide?").turn
    with pytest.raises(TurnRunning):
        lifecycle.end(conversation=turn.conversation)
    assert not Summary.objects.exists()


def test_a_new_question_opens_it_again(talk, alice):
    ended(talk)
    turns.start(conversation_id=talk.conversation_id, author=alice, text="And at night?")
    assert status_of(talk) == "active"


# -- Figures ----------------------------------------------------------------------------------------------------------


def test_the_figures_are_exact(alice):
    first = answered(alice, "How high is it?", "Two metres, 两米高。", first_token_ms=100, total_ms=1000)
    for number in range(2, 21):
        answered(
            alice,
            "And then?",
            "Less.",
            conversation_id=first.conversation_id,
            first_token_ms=number * 100,
            total_ms=None,
            model="openai/fast" if number == 20 else "ollama/fast",
            status="stopped" if number == 19 else "completed",
            mode={18: "support", 20: ""}.get(number, "code"),
        )
    tool = Turn.objects.filter(conversation=first.conversation_id).latest("created_at")
    Message.objects.create(turn=tool, position=2, role="tool", text="a result")
    assert ended(first).metrics == {
        "messages": {"user": 20, "assistant": 20, "tool": 1, "total": 41},
        "words": {"user": 4 + 19 * 2, "assistant": 2 + 3 + 1 + 19},
        "tokens": {"prompt": 140, "completion": 60, "total": 200, "exact": True},
        "turns": {"completed": 19, "stopped": 1},
        "tool_calls": 1,
        "first_token_ms": {"mean": 1050, "p95": 1900},
        "answer_ms": {"mean": 1000, "p95": 1000},
        "models": {"ollama/fast": 19, "openai/fast": 1},
        "modes": {"code": 17, "support": 1},
    }


def test_a_session_lasts_to_its_last_word(talk):
    summary = ended(talk)
    conversation = Conversation.objects.get()
    assert (summary.start_time, summary.end_time) == (conversation.created_at, conversation.active_at)
    assert summary.duration == conversation.active_at - conversation.created_at


def test_what_was_said_while_the_figures_were_taken_is_in_them(talk, alice, monkeypatch):
    measure = lifecycle.summaries.measure
    said = []

    def meanwhile(conversation):
        found = measure(conversation)
        if not said:
            said.append(answered(alice, "One more thing", conversation_id=talk.conversation_id))
        return found

    monkeypatch.setattr(lifecycle.summaries, "measure", meanwhile)
    summary = ended(talk)
    assert summary.metrics["messages"]["total"] == 4
    assert summary.leaf_id == said[0].pk


@pytest.mark.parametrize("exact", [True, False])
def test_tokens_that_nobody_counted_are_told_as_such(alice, exact):
    assert ended(answered(alice, usage_exact=exact)).metrics["tokens"]["exact"] is exact


# -- By the clock -----------------------------------------------------------------------------------------------------


def test_a_session_that_everybody_has_left_ends(talk):
    leave(talk)
    assert sessions.end_left() == 1
    assert status_of(talk) == "completed"
    assert Summary.objects.get().ended_by == "clock"
    assert sessions.end_left() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"seen_at": None},
        {"seen_at": timezone.now},
        {"active_at": timezone.now},
        {"status": "completed"},
        {"leaf": None},
    ],
)
def test_others_do_not(talk, fields):
    leave(talk, **{name: value() if callable(value) else value for name, value in fields.items()})
    assert sessions.end_left() == 0
    assert not Summary.objects.exists()


def test_one_in_which_an_answer_is_written_does_not(talk, alice):
    turns.start(conversation_id=talk.conversation_id, author=alice, text="And at night?")
    leave(talk)
    assert sessions.end_left() == 0
    assert status_of(talk) == "active"


def test_the_minutes_are_a_setting(talk, settings):
    settings.SESSION_IDLE_MINUTES = 30
    leave(talk)
    assert sessions.end_left() == 0
    settings.SESSION_IDLE_MINUTES = 0
    leave(talk, minutes=60 * 24 * 365)
    assert sessions.end_left() == 0
    settings.SESSION_IDLE_MINUTES = 10
    assert sessions.end_left() == 1


def test_an_open_socket_is_never_taken_for_one_that_has_gone(talk, settings):
    """It gives a sign once a minute, so less than two minutes say nothing."""
    settings.SESSION_IDLE_MINUTES = 0.5
    leave(talk, minutes=1.5)
    assert sessions.end_left() == 0
    leave(talk, minutes=2.5)
    assert sessions.end_left() == 1


def test_somebody_who_comes_back_at_the_last_moment_keeps_it_open(talk, monkeypatch):
    leave(talk)
    measure = lifecycle.summaries.measure

    def come_back(conversation):
        sessions.seen([talk.conversation_id])
        return measure(conversation)

    monkeypatch.setattr(lifecycle.summaries, "measure", come_back)
    assert sessions.end_left() == 0
    assert status_of(talk) == "active"
    assert not Summary.objects.exists()


def test_all_that_are_open_are_put_down_in_one_statement(alice):
    several = [answered(alice).conversation_id for _ in range(3)]
    with CaptureQueriesContext(connection) as captured:
        assert sessions.seen(several) == set()
    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) == 1
    assert not Conversation.objects.filter(seen_at=None).exists()
    # One that is gone is not waited for.
    assert sessions.seen([*several, uuid.uuid4()]) == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one lock for all; runs on PostgreSQL")
def test_nobody_is_waited_for_who_writes_to_one_of_them(alice):
    busy, free = answered(alice).conversation_id, answered(alice).conversation_id
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=busy)
        left: list[set[str]] = []
        thread = threading.Thread(target=lambda: (left.append(sessions.seen([busy, free])), connection.close()))
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    assert left == [{str(busy)}]
    assert Conversation.objects.get(seen_at=None).pk == busy


# -- Both at once -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_button_and_two_clocks_at_once_make_one_ending(talk):
    leave(talk)
    conversation = Conversation.objects.get()
    together = threading.Barrier(4)
    failed = []

    def at_once(verb) -> None:
        try:
            together.wait(10)
            verb()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    verbs = [sessions.end_left, sessions.end_left, *[lambda: lifecycle.end(conversation=conversation)] * 2]
    threads = [threading.Thread(target=at_once, args=[verb]) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    assert status_of(talk) == "completed"
    assert (Summary.objects.count(), Job.objects.count()) == (1, 1)


def test_a_conversation_that_is_gone_cannot_be_rated(alice):
    conversation = lifecycle.create(owner=alice, title="Short")
    lifecycle.delete(conversation=conversation)
    with pytest.raises(NotFound):
        summaries.rate(conversation=conversation, rating=5)
