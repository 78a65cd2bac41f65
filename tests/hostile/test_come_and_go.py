"""Clients that come and go in haste, or are gone without a word: nothing stays behind and nothing is lost."""

import asyncio
import random
import uuid

import pytest

from chatsite import processes
from tests.fake_model import answer_text
from tests.hostile.conftest import House, Person
from tests.hostile.wire import TEXT, Wire, handshake, text
from tests.support.client import wait_for

pytestmark = pytest.mark.process

COMINGS, AT_ONCE = 400, 8
SOCKETS_PER_USER = 20
SEED = 20_260


async def come_and_go(house: House, somebody: Person, dice: random.Random) -> None:
    """Open a socket and leave it, at any moment and in any manner."""
    path = f"/ws/conversations/{uuid.uuid4()}/?format={dice.choice(['text', 'html', 'plain'])}"
    wire = await Wire.connect(house.host)
    greeting = handshake(house.host, path, somebody.bearer)
    match dice.randrange(6):
        case 0:
            await wire.send(greeting[: dice.randrange(len(greeting))])
            wire.vanish()
        case 1:
            await wire.send(greeting)
            wire.vanish()
        case 2:
            await wire.send(greeting)
            await asyncio.sleep(dice.random() / 50)
            wire.vanish()
        case 3:
            await wire.send(greeting)
            await wire.read_head()
            await wire.send(text(type="ping") * 3 + text(type="sync", message=str(uuid.uuid4())))
            wire.vanish()
        case 4:
            await wire.send(greeting)
            await wire.read_head()
            wire.writer.write_eof()
            await wire.ended()
            wire.writer.close()
        case 5:
            await wire.send(greeting)
            await wire.read_head()
            await wire.close()


async def all_may_sit_down(house: House, somebody: Person) -> bool:
    """Whether a person may open as many sockets as anybody; closes them again."""
    wires = [await house.knock(str(uuid.uuid4()), **somebody.bearer) for _ in range(SOCKETS_PER_USER)]
    opcodes = [(await wire.receive())[0] for wire in wires]
    for wire in wires:
        wire.vanish()
    return opcodes == [TEXT] * SOCKETS_PER_USER


async def test_hundreds_who_come_and_go_leave_nothing_behind(house: House):
    somebody = house.make_person()
    dice = random.Random(SEED)
    places = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with places:
            await come_and_go(house, somebody, dice)

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    connections, memory = house.connections(), house.resident_bytes()
    await asyncio.gather(*(one() for _ in range(COMINGS)))
    await wait_for(lambda: house.connections() <= connections + 2, seconds=15)
    assert house.resident_bytes() - memory < 10_000_000
    # Had any of them kept its place, not all of these would be let in.
    assert await wait_for(lambda: all_may_sit_down(house, somebody), seconds=15, every=0.5)


@pytest.mark.parametrize("way", ["reset", "end of file"])
async def test_who_is_gone_in_the_middle_finds_the_whole_answer_later(house, person, new_id, way):
    wire = await person.sit_down(new_id)
    asked = {
        "type": "turn.start",
        "text": "tokens=60 Go on",
        "client_id": str(uuid.uuid4()),
        "model": "ollama/paced-50",
    }
    await wire.send(text(**asked))
    await wire.until("message.delta")
    if way == "reset":
        wire.vanish()
    else:
        wire.writer.write_eof()
    await wait_for(lambda: house.ledger.of(new_id)[0].status == "completed", seconds=20)
    (kept,) = house.ledger.of(new_id)
    assert kept.text == answer_text(model="paced-50", message="tokens=60 Go on")


async def test_a_question_sent_with_the_last_breath_is_kept_whole_or_not_at_all(house, person):
    conversations = [str(uuid.uuid4()) for _ in range(10)]
    for conversation in conversations:
        wire = await person.sit_down(conversation)
        asked = {"type": "turn.start", "text": "Last words", "client_id": str(uuid.uuid4()), "model": "ollama/fast"}
        await wire.send(text(**asked))
        wire.vanish()
    for conversation in conversations:
        await wait_for(lambda id=conversation: all(kept.status == "completed" for kept in house.ledger.of(id)))
        for kept in house.ledger.of(conversation):
            assert kept.text == answer_text(model="fast", message="Last words")


def test_whoever_wants_to_replace_the_database_can_tell_that_it_runs(house, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert not processes.somebody_serves()
    settings.DATA_DIR = house.ledger.place.parent
    assert processes.somebody_serves()
