"""Finding answers whose process is gone: soon, and never by a clock that somebody else set."""

import asyncio
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chatsite import processes
from chatsite.threads import in_database
from conversations import turns
from conversations.models import Message, Turn
from conversations.runner import engine as engines
from conversations.runner import rows
from llm.catalog import Catalog
from llm.config import Config
from llm.values import ToolCall
from tests.support.promises import within

pytestmark = pytest.mark.django_db(transaction=True)

# The engine's own times, made short enough to wait for.
DEAD_SECONDS = 0.4
UNCLAIMED_SECONDS = 0.2
BLIND_SECONDS = 0.3
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 30
FAR = "elsewhere/1/4711/00000000"
SO_FAR = "What was said so far"


class Engine(engines.Engine):
    """An engine that only notes what it would begin."""

    def __init__(self) -> None:
        super().__init__(Catalog(Config()))
        self.begun: list[uuid.UUID] = []

    def submit(self, turn_id: uuid.UUID) -> None:
        self.begun.append(turn_id)

    def begin(self, work: rows.Work) -> None:
        self.begun.append(work.turn.pk)

    async def look(self) -> None:
        """Look after the turns once."""
        await self._reap()

    async def look_until_begun(self) -> None:
        """Look after the turns again and again until one of them is begun."""
        async with asyncio.timeout(within(PATIENCE_SECONDS)):
            while not self.begun:
                await asyncio.sleep(LOOK_SECONDS)
                await self.look()

    async def look_until_over(self, turn: Turn) -> None:
        """Look after the turns again and again until this one has ended."""
        async with asyncio.timeout(within(PATIENCE_SECONDS)):
            while (await in_database(now, turn))[0] == "running":
                await asyncio.sleep(LOOK_SECONDS)
                await self.look()


@pytest.fixture
def engine(monkeypatch) -> Engine:
    for name in ("DEAD_SECONDS", "UNCLAIMED_SECONDS", "BLIND_SECONDS"):
        monkeypatch.setattr(engines, name, globals()[name])
    return Engine()


@pytest.fixture
def neighbour() -> Iterator[str]:
    """The name of a worker whose process lives on this machine."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield f"{processes.machine()}/{process.pid}/00000000"
        process.kill()


def ask(worker: str, status: str = "running", said: str = SO_FAR, **fields) -> Turn:
    """Return a turn that a worker is at, with the beginning of an answer if there is one."""
    author, _ = User.objects.get_or_create(email="alice@example.org")
    started = turns.start(conversation_id=uuid.uuid4(), author=author, text="What is a tide?")
    Message.objects.filter(pk=started.answer.pk).update(text=said, seq=len(said))
    Turn.objects.filter(pk=started.turn.pk).update(status=status, worker=worker, **fields)
    return Turn.objects.get(pk=started.turn.pk)


def beat(turn: Turn) -> None:
    Turn.objects.filter(pk=turn.pk).update(heartbeat_at=timezone.now())


def now(turn: Turn) -> tuple[str, str, str]:
    """Return how a turn stands: its status, its answer's, and the text."""
    answer = Message.objects.get(turn=turn, role="assistant")
    return Turn.objects.get(pk=turn.pk).status, answer.status, answer.text


@pytest.mark.parametrize("days", [-1, 1], ids=["a day ago", "a day ahead"])
async def test_a_clock_that_is_wrong_kills_nothing(engine, days):
    turn = await in_database(ask, FAR, heartbeat_at=timezone.now() + timedelta(days=days))
    await engine.look()
    await engine.look()
    assert await in_database(now, turn) == ("running", "streaming", SO_FAR)


async def test_a_worker_without_a_sign_of_life_is_dead_after_a_while(engine):
    turn = await in_database(ask, FAR)
    await engine.look_until_over(turn)
    assert await in_database(now, turn) == ("interrupted", "interrupted", SO_FAR)


async def test_a_worker_that_gives_signs_of_life_lives(engine):
    turn = await in_database(ask, FAR)
    for _ in range(round(2 * DEAD_SECONDS / LOOK_SECONDS)):
        await engine.look()
        await in_database(beat, turn)
        await asyncio.sleep(LOOK_SECONDS)
    assert await in_database(now, turn) == ("running", "streaming", SO_FAR)


async def test_time_in_which_nobody_could_look_does_not_count(engine):
    """With the database away no heartbeat can be written, by anybody."""
    turn = await in_database(ask, FAR)
    await engine.look()
    await asyncio.sleep(2 * DEAD_SECONDS)
    await engine.look()
    assert await in_database(now, turn) == ("running", "streaming", SO_FAR)
    await engine.look_until_over(turn)
    assert await in_database(now, turn) == ("interrupted", "interrupted", SO_FAR)


@pytest.fixture
def gone() -> str:
    """The name of a worker whose process on this machine has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return f"{processes.machine()}/{process.pid}/00000000"


async def test_a_process_of_this_machine_that_is_gone_is_dead_at_once(engine, gone):
    turn = await in_database(ask, gone)
    await engine.look()
    assert await in_database(now, turn) == ("interrupted", "interrupted", SO_FAR)


async def test_an_earlier_process_of_our_own_number_is_dead_at_once(engine):
    turn = await in_database(ask, f"{processes.machine()}/{os.getpid()}/00000000")
    await engine.look()
    assert await in_database(now, turn) == ("interrupted", "interrupted", SO_FAR)


async def test_a_process_of_this_machine_that_lives_is_given_time(engine, neighbour):
    turn = await in_database(ask, neighbour)
    await engine.look()
    assert await in_database(now, turn) == ("running", "streaming", SO_FAR)


async def test_a_process_of_that_number_on_another_machine_says_nothing(engine):
    turn = await in_database(ask, "elsewhere/1/999999999/00000000")
    await engine.look()
    assert await in_database(now, turn) == ("running", "streaming", SO_FAR)


async def test_a_turn_of_ours_that_nobody_works_on_any_more_is_interrupted(engine):
    turn = await in_database(ask, engine.worker)
    await engine.look()
    assert await in_database(now, turn) == ("running", "streaming", SO_FAR)
    await engine.look_until_over(turn)
    assert await in_database(now, turn) == ("interrupted", "interrupted", SO_FAR)


async def test_a_question_of_ours_that_nobody_began_is_begun_after_a_while(engine):
    """As when the database is restarted after it has committed the question, and before it has said so."""
    turn = await in_database(ask, engine.worker, said="")
    await engine.look()
    assert engine.begun == []
    await engine.look_until_begun()
    assert engine.begun == [turn.pk]
    assert await in_database(now, turn) == ("running", "streaming", "")


async def test_a_question_of_ours_is_not_begun_again_when_a_tool_was_called_for_it(engine):
    turn = await in_database(ask, engine.worker, said="")
    answer = await in_database(Message.objects.get, turn=turn, role="assistant")
    call = {"turn_id": turn.pk, "worker": engine.worker, "answer_id": str(answer.pk), "round_number": 1}
    called = ToolCall(id="1", name="get_current_time", arguments={})
    await in_database(rows.call, uuid.uuid4(), called=called, **call)
    await engine.look_until_over(turn)
    assert engine.begun == []


async def test_a_question_of_ours_that_could_not_be_worked_on_is_not_begun_again(engine):
    turn = await in_database(ask, engine.worker, said="")

    async def fail() -> None:
        raise RuntimeError

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    engine._done(turn.pk, task)
    await engine.look_until_over(turn)
    assert engine.begun == []


async def test_a_question_that_nobody_began_is_taken_over_after_a_while(engine):
    turn = await in_database(ask, "", "queued")
    await engine.look()
    assert engine.begun == []
    await engine.look_until_begun()
    assert engine.begun == [turn.pk]


async def test_a_turn_that_has_ended_is_left_alone(engine):
    turn = await in_database(ask, FAR, "completed")
    other = await in_database(ask, FAR)
    await engine.look_until_over(other)
    assert (await in_database(now, turn))[0] == "completed"


async def test_a_worker_that_was_taken_for_dead_still_brings_its_whole_answer(engine):
    turn = await in_database(ask, FAR)
    await engine.look_until_over(turn)
    message = await in_database(Message.objects.get, turn=turn, role="assistant")
    kept = rows.Kept(message_id=str(message.pk), text=f"{SO_FAR}, and the rest.", thinking="", seq=9)
    ended = await in_database(rows.finish, rows.Ending(turn_id=turn.pk, worker=FAR, kept=kept, status="completed"))
    assert ended.status == "completed"
    assert await in_database(now, turn) == ("completed", "complete", f"{SO_FAR}, and the rest.")


async def test_an_end_that_the_database_did_not_confirm_is_told_when_it_is_kept_again(engine):
    turn = await in_database(ask, engine.worker)
    message = await in_database(Message.objects.get, turn=turn, role="assistant")
    kept = rows.Kept(message_id=str(message.pk), text="All of it.", thinking="", seq=9)
    ending = rows.Ending(turn_id=turn.pk, worker=engine.worker, kept=kept, status="completed")
    ended = [await in_database(rows.finish, ending) for _ in range(2)]
    assert [each and each.status for each in ended] == ["completed", "completed"]
    assert await in_database(now, turn) == ("completed", "complete", "All of it.")


async def test_who_comes_too_late_with_another_end_is_not_heard(engine):
    turn = await in_database(ask, engine.worker, "stopped")
    message = await in_database(Message.objects.get, turn=turn, role="assistant")
    kept = rows.Kept(message_id=str(message.pk), text="All of it.", thinking="", seq=9)
    ending = rows.Ending(turn_id=turn.pk, worker=engine.worker, kept=kept, status="completed")
    assert await in_database(rows.finish, ending) is None
    assert (await in_database(now, turn))[0] == "stopped"


async def test_a_turn_is_reaped_once_and_only_from_the_worker_it_was_seen_with(engine):
    turn = await in_database(ask, FAR)
    assert await in_database(rows.reap, turn.pk, "somebody else") is None
    assert (await in_database(rows.reap, turn.pk, FAR)).status == "interrupted"
    assert await in_database(rows.reap, turn.pk, FAR) is None
