"""The whole product with a model of its own: turns, stops, crashes of the engine and of the server, and its end."""

import asyncio
import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from llm.local.engines import Engines, Running, Settings
from llm.local.shelf import Shelf
from tests.durability.site import Kept, Ledger
from tests.engine.conftest import Models
from tests.engine.process import QUESTION
from tests.engine.test_chat_with_a_real_engine import PLAIN, finished, writing
from tests.support.client import Chat, sign_up, wait_for
from tests.support.server import Server

pytestmark = [pytest.mark.engine, pytest.mark.process]

# A longer proof: TURNS_WITH_CRASHES=200.
TURNS = int(os.environ.get("TURNS_WITH_CRASHES", "8"))
SETTINGS = {"LOCAL_THREADS": "1", "LOCAL_PARALLEL": "1", "MODEL_CONTEXT_LENGTHS": "endless=8192,brief=1024"}


@dataclass(frozen=True, slots=True)
class House:
    """A running product with a folder of models, one person who is signed in, and its rows."""

    server: Server
    token: str
    folder: Path
    ledger: Ledger

    async def open(self, conversation: str) -> Chat:
        return await Chat.open(self.server.url, self.token, conversation)

    def engine(self, model: str = "endless") -> Running | None:
        """Return the process that answers for a model."""
        return Engines(Settings(folder=self.folder / "engine")).running(Shelf(self.folder).open(model))

    def kept(self, conversation: str, turn: str) -> Kept:
        return next(row for row in self.ledger.of(conversation) if row.turn == turn)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    shelf = Shelf(folder / "models")
    shelf.folder.mkdir()
    for path in (models.brief, models.endless):
        (shelf.folder / path.name).symlink_to(path)
    shelf.use("endless")
    server = Server(folder=folder, DEFAULT_MODEL="", **PLAIN, **SETTINGS)
    try:
        server.start("--no-jobs")
        token = sign_up(server.url)
        yield House(server, token, shelf.folder, Ledger(folder / "chatsite.sqlite3"))
    finally:
        server.close()


@pytest.fixture
def conversation() -> str:
    return str(uuid.uuid4())


def gone(engine: Running) -> bool:
    return not Path(f"/proc/{engine.pid}").exists()


async def test_the_chosen_model_answers_and_its_counts_are_exact(house, conversation):
    assert "This machine has 2 models." in house.server.log.read_text()
    chat = await house.open(conversation)
    turn = await chat.ask(QUESTION)
    await chat.until(writing(40))
    stages = [frame["stage"] for frame in chat.reader.frames if frame["type"] == "turn.status"]
    assert stages[0] == "loading" and stages[-1] == "writing" and "reading" in stages
    await chat.send(type="turn.stop", turn=turn)
    await chat.until_finished(turn)
    assert finished(chat.reader, turn)["model"] == "local/endless"
    await wait_for(lambda: house.engine() is not None, 5)
    await chat.close()


async def test_who_comes_second_waits_in_line_and_sees_it(house):
    first, second = [await house.open(str(uuid.uuid4())) for _ in range(2)]
    running = await first.ask(QUESTION)
    await first.until(writing(20))
    turn = await second.ask(QUESTION)
    await second.until(lambda reader: any(frame.get("stage") == "queued" for frame in reader.frames))
    place = next(frame["position"] for frame in second.reader.frames if frame.get("stage") == "queued")
    assert place == 1
    await first.send(type="turn.stop", turn=running)
    await second.until(writing(20))
    await second.send(type="turn.stop", turn=turn)
    await second.until_finished(turn)
    for chat in (first, second):
        await chat.close()


async def test_turns_stops_and_crashes_in_turn_lose_nothing(house, conversation):
    for number in range(TURNS):
        # One each time: a socket takes so many frames in ten seconds.
        chat = await house.open(conversation)
        turn = await chat.ask(f"{QUESTION} {number}")
        await chat.until(writing(30))
        crash = number % 4 == 1
        if crash:
            os.kill(house.engine().pid, signal.SIGKILL)
        else:
            await chat.send(type="turn.stop", turn=turn)
        answer = await chat.until_finished(turn)
        end = finished(chat.reader, turn)
        assert end["status"] == ("interrupted" if crash else "stopped")
        row = house.kept(conversation, turn)
        assert row.text == answer.text and len(row.text) > 30
        assert row.error_code == ("model_interrupted" if crash else "")
        await chat.close()
    assert len(house.ledger.of(conversation)) == TURNS


async def test_when_the_server_is_killed_its_engine_ends_and_both_come_back(house, conversation):
    chat = await house.open(conversation)
    turn = await chat.ask(QUESTION)
    await chat.until(writing(30))
    engine = house.engine()
    await asyncio.sleep(1.0)  # until it has been kept once
    house.server.kill()
    await wait_for(lambda: gone(engine), 5)
    house.server.start("--no-jobs")
    chat = await house.open(conversation)
    await wait_for(lambda: house.kept(conversation, turn).status == "interrupted", 20)
    assert len(house.kept(conversation, turn).text) > 30
    again = await chat.ask(QUESTION)
    await chat.until(writing(30))
    assert house.engine().pid != engine.pid
    await chat.send(type="turn.stop", turn=again)
    await chat.until_finished(again)
    await chat.close()
