"""Somebody else's conversations, turns and messages do not exist."""

import asyncio
import json
import uuid

import httpx
import pytest

from tests.hostile.conftest import House, Person
from tests.hostile.wire import text
from tests.support.client import wait_for

pytestmark = pytest.mark.process

FAST, SLOW = "ollama/fast", "ollama/hang"


@pytest.fixture
async def theirs(person: Person, new_id: str):
    """A conversation of somebody else: its id, its turn and its answer."""
    chat = await person.chat(new_id)
    turn = await chat.ask("A secret question", model=FAST)
    await chat.until_finished(turn)
    (message,) = (id for id, said in chat.reader.messages.items() if said.turn == turn)
    await chat.close()
    return new_id, turn, message


async def told_at_the_door(house: House, person: Person, conversation: str) -> tuple[list[dict], int | None]:
    """Return what somebody is told who opens the socket of a conversation, and the close code."""
    wire = await house.knock(conversation, **person.bearer)
    came, code = await wire.frames_to_the_end()
    return [json.loads(payload) for payload in came], code


async def test_opening_another_persons_conversation_says_only_that_there_is_none(house, person, stranger, theirs):
    also_theirs = str(uuid.uuid4())
    chat = await person.chat(also_theirs)
    turn = await chat.ask("Another secret", model=SLOW)
    expected = {
        "type": "error",
        "code": "not_found",
        "detail": "There is nothing here, or it is not yours.",
        "ref": None,
    }
    # Finished or being written, long or short: every one is answered alike.
    for conversation in (theirs[0], also_theirs):
        assert await told_at_the_door(house, stranger, conversation) == ([expected], 4404)
    await chat.send(type="turn.stop", turn=turn)
    await chat.until(lambda reader: reader.turns.get(turn) == "stopped")
    await chat.close()


async def test_a_turn_of_theirs_is_answered_like_one_that_does_not_exist(house, stranger, theirs):
    conversation, turn, message = theirs
    mine = await stranger.chat(str(uuid.uuid4()))
    own_turn = await mine.ask("My own", model=FAST)
    await mine.until_finished(own_turn)
    before = house.ledger.of(conversation)
    frames = [
        lambda id: {"type": "turn.stop", "turn": id},
        lambda id: {"type": "turn.retry", "turn": id, "client_id": str(uuid.uuid4())},
        lambda id: {"type": "turn.edit", "turn": id, "text": "Not yours", "client_id": str(uuid.uuid4())},
        lambda id: {"type": "turn.start", "text": "After", "client_id": str(uuid.uuid4()), "parent": id},
    ]
    for make in frames:
        answers = []
        for id in (turn, str(uuid.uuid4()), message, conversation):
            await mine.send(**make(id))
            count = len(mine.reader.errors)
            await mine.until(lambda reader, count=count: len(reader.errors) > count)
            answers.append({name: value for name, value in mine.reader.errors[-1].items() if name != "ref"})
        assert answers == [{"type": "error", "code": "not_found", "detail": answers[0]["detail"]}] * 4
    assert house.ledger.of(conversation) == before
    await mine.close()


async def test_a_message_of_theirs_cannot_be_fetched_with_sync(stranger, theirs):
    _, turn, message = theirs
    mine = await stranger.chat(str(uuid.uuid4()))
    for id in (message, turn, str(uuid.uuid4())):
        await mine.send(type="sync", message=id)
        await mine.until(lambda reader, id=id: reader.errors and reader.errors[-1]["ref"] == id)
        assert mine.reader.errors[-1]["code"] == "not_found"
    await mine.close()


async def test_a_turn_of_another_conversation_of_mine_is_not_of_this_one(person, theirs):
    _, turn, message = theirs
    elsewhere = await person.chat(str(uuid.uuid4()))
    for frame in ({"type": "turn.retry", "turn": turn}, {"type": "sync", "message": message}):
        await elsewhere.send(**frame)
        await elsewhere.until(lambda reader: reader.errors)
        assert elsewhere.reader.errors.pop()["code"] == "not_found"
    await elsewhere.close()


async def test_who_waits_at_an_unused_address_does_not_hear_what_another_makes_of_it(house, person, stranger, new_id):
    wires = [await house.knock(new_id, query=query, **stranger.bearer) for query in ("", "?format=html")]
    for wire in wires:
        assert (await wire.news())["conversation"] is None
    bare = await house.knock(new_id, query="?format=plain", **stranger.bearer)
    chat = await person.chat(new_id)
    await chat.until_finished(await chat.ask("A secret question", model=FAST))
    for wire in wires:
        came, code = await wire.frames_to_the_end()
        assert [json.loads(payload)["code"] for payload in came] == ["not_found"]
        assert code == 4404
    came, code = await bare.frames_to_the_end()
    assert [json.loads(payload)["code"] for payload in came] == ["not_found"]
    assert code == 4404
    await chat.close()


async def test_of_two_people_who_ask_at_one_unused_address_one_owns_it_and_the_other_finds_nothing(
    house, person, stranger, new_id
):
    wires = [await someone.sit_down(new_id) for someone in (person, stranger)]
    questions = [
        text(type="turn.start", text=f"Question {number}", client_id=str(uuid.uuid4()), model=FAST) for number in (0, 1)
    ]
    await asyncio.gather(*(wire.send(question) for wire, question in zip(wires, questions, strict=True)))
    heard = [[await wire.news()] for wire in wires]
    winner = 0 if heard[0][0]["type"] != "error" else 1
    loser = wires[1 - winner]
    assert heard[1 - winner][0]["code"] == "not_found"
    await wires[winner].until("turn.finished")
    came, code = await loser.frames_to_the_end()
    assert {json.loads(payload)["code"] for payload in came} <= {"not_found"}
    assert code == 4404
    assert [kept.question for kept in house.ledger.of(new_id)] == [f"Question {winner}"]
    await wires[winner].close()


@pytest.mark.parametrize("how", ["conversation", "account"])
async def test_what_is_deleted_while_it_is_written_does_not_come_back(house, new_id, how):
    somebody = house.make_person()
    chat = await somebody.chat(new_id)
    await chat.ask("tokens=5000 Long", model="ollama/paced-50")
    await chat.until(lambda reader: any(said.text for said in reader.messages.values()))
    if how == "conversation":
        assert somebody.browser.post(f"/chat/{new_id}/delete/").status_code == 302
        await chat.until(lambda reader: reader.frames[-1]["type"] == "conversation.deleted")
    else:
        house.server.manage(
            "shell", "-c", f"from accounts.models import User; User.objects.get(email='{somebody.email}').delete()"
        )
        assert house.ledger.of(new_id) == []
    await wait_for(lambda: not running_upstream(house) and not house.ledger.streaming(), seconds=10)
    # The rows of a conversation are kept as long as its deletion can be undone, and shown to nobody.
    assert [kept.status for kept in house.ledger.of(new_id)] == (["stopped"] if how == "conversation" else [])
    assert how == "account" or somebody.browser.get(f"/chat/{new_id}/").status_code == 404


def running_upstream(house: House) -> list[dict]:
    """Return the requests that the model server is still answering."""
    seen = httpx.get(f"{house.fake}/_seen", timeout=30).json()
    return [one for one in seen if one["path"] == "/api/chat" and not one["ended"]]
