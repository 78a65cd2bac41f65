"""Questions repeated, changed or sent in between, and answers fetched again and again."""

import asyncio
import uuid

import pytest

from tests.hostile.test_send_frames import FAST, FRAMES_AT_ONCE, PACED, question
from tests.hostile.wire import BINARY, TEXT, frame, text
from tests.support.client import Refused

pytestmark = pytest.mark.process

SLOW = "ollama/hang"


async def test_the_same_question_a_hundred_times_from_two_sockets_is_kept_once(house, person, new_id):
    wires = [await person.sit_down(new_id) for _ in range(2)]
    asked = text(**question("Once", model=PACED))
    await asyncio.gather(*(wire.send(asked * 50) for wire in wires))
    turns = set()
    for wire in wires:
        acknowledged = 0
        while acknowledged < FRAMES_AT_ONCE:
            news = await wire.news()
            assert news["type"] != "error" or news["code"] == "rate_limited"
            if news["type"] == "message.created" and news["role"] == "user":
                turns.add(news["turn"])
                acknowledged += 1
    assert len(turns) == 1
    assert [kept.question for kept in house.ledger.of(new_id)] == ["Once"]
    for wire in wires:
        wire.vanish()


async def test_a_client_id_cannot_be_used_for_something_else(house, person, new_id):
    chat = await person.chat(new_id)
    client_id = str(uuid.uuid4())
    turn = await chat.ask("One thing", client_id=client_id, model=FAST)
    await chat.until_finished(turn)
    for other in ({"text": "Another thing", "model": FAST}, {"text": "One thing", "model": PACED}):
        with pytest.raises(Refused) as refused:
            await chat.ask(other["text"], client_id=client_id, model=other["model"])
        assert refused.value.frame["code"] == "idempotency_key_reused"
    with pytest.raises(Refused) as refused:
        await chat.deliver({"type": "turn.retry", "turn": turn, "client_id": client_id})
    assert refused.value.frame["code"] == "idempotency_key_reused"
    elsewhere = await person.chat(str(uuid.uuid4()))
    with pytest.raises(Refused) as refused:
        await elsewhere.ask("One thing", client_id=client_id, model=FAST)
    assert refused.value.frame["code"] == "idempotency_key_reused"
    assert len(house.ledger.of(new_id)) == 1
    await chat.close()
    await elsewhere.close()


async def test_while_an_answer_runs_everything_else_is_told_which(house, person, new_id):
    chat = await person.chat(new_id)
    turn = await chat.ask("Slowly", model=SLOW)
    for asked in (
        question("Another"),
        {"type": "turn.retry", "turn": turn, "client_id": str(uuid.uuid4())},
        {"type": "turn.edit", "turn": turn, "text": "Other words", "client_id": str(uuid.uuid4())},
    ):
        with pytest.raises(Refused) as refused:
            await chat.deliver(asked)
        assert refused.value.frame["code"] == "turn_running"
        assert refused.value.frame["turn"] == turn
    await chat.send(type="conversation.end")
    await chat.until(lambda reader: reader.errors and reader.errors[-1]["ref"] == "conversation.end")
    assert chat.reader.errors[-1]["code"] == "turn_running"
    await chat.send(type="turn.stop", turn=turn)
    await chat.until(lambda reader: reader.turns.get(turn) == "stopped")
    await chat.send(type="turn.stop", turn=turn)
    assert len(house.ledger.of(new_id)) == 1
    await chat.close()


@pytest.mark.parametrize("seq", [-1, 0, 2**63, 10**30, 1.5, "7", None, [], {"a": 1}, True])
async def test_sync_gives_the_whole_message_whatever_number_is_claimed(person, new_id, seq):
    chat = await person.chat(new_id)
    turn = await chat.ask("tokens=20 Everything", model=FAST)
    said = await chat.until_finished(turn)
    (message,) = (id for id, one in chat.reader.messages.items() if one.turn == turn)
    await chat.send(type="sync", message=message, seq=seq)
    await chat.until(lambda reader: reader.frames[-1]["type"] == "message.snapshot")
    assert chat.reader.frames[-1]["content"] == said.text
    assert chat.reader.frames[-1]["status"] == "complete"
    await chat.close()


async def test_sync_of_a_running_answer_is_sent_at_most_twice_a_second(person, new_id):
    chat = await person.chat(new_id)
    turn = await chat.ask("tokens=40 In pieces", model=PACED)
    message = (await chat.until(lambda reader: [id for id, one in reader.messages.items() if one.turn == turn]))[0]
    for _ in range(15):
        await chat.send(type="sync", message=message, seq=0)
    said = await chat.until_finished(turn)
    assert said.exact
    whole = [frame for frame in chat.reader.frames if frame["type"] == "message.snapshot"]
    assert 1 <= len(whole) <= 3
    await chat.close()


async def test_a_script_that_reads_bare_words_gets_its_errors_as_json(house, person, new_id):
    wire = await house.knock(new_id, query="?format=plain", **person.bearer)
    assert wire.status == 101
    for sent, code in ((b"", "empty_message"), (b"a\x00b", "invalid_character"), (b"x" * 200_000, "message_too_large")):
        await wire.send(frame(TEXT, sent))
        assert (await wire.news())["code"] == code
    await wire.send(frame(BINARY, b"x"))
    assert (await wire.news())["code"] == "binary_not_supported"
    assert house.ledger.of(new_id) == []
    await wire.close()


async def test_a_model_that_does_not_exist_ends_the_turn_and_not_the_socket(house, person, new_id):
    chat = await person.chat(new_id)
    turn = await chat.ask("Hello", model="ollama/../../etc/passwd")
    await chat.until(lambda reader: reader.turns.get(turn) == "failed")
    assert chat.reader.frames[-1]["error"]["code"] == "model_not_found"
    await chat.close()
