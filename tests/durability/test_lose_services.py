"""Redis and PostgreSQL die and come back in the middle of answers: no restart of ours, and nothing is lost."""

import asyncio
import hashlib
import time
import uuid

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.durability.site import Site, expected, new_conversation
from tests.support.client import Chat, Refused, wait_for
from tests.support.promises import within
from tests.support.services import Postgres, Redis
from tests.support.streams import Listener, opened

pytestmark = pytest.mark.process

MODEL = "ollama/paced-50"
QUICK = "ollama/fast"
ANSWERS = 5
# How far the text of a reader at another process may be behind, with no Redis: it comes from the rows.
BEHIND_SECONDS = 6.0
# What was deleted at another process is closed within this time.
DELETED_SECONDS = 5.0
# A question that is refused because the database is away can be asked again for so long.
PATIENCE_SECONDS = 60


class Watched:
    """An answer that is written in one process and read in both."""

    def __init__(self, site: Site, question: str):
        self.site = site
        self.conversation = new_conversation()
        self.question = question

    async def begin(self, number: int) -> "Watched":
        """Ask at one of the two processes, and open a socket at the other as well."""
        here, there = self.site.servers[number % 2], self.site.servers[1 - number % 2]
        self.near = await self.site.open(self.conversation, server=here)
        self.far = await self.site.open(self.conversation, server=there)
        self.turn = await self.near.ask(self.question, model=MODEL)
        return self

    async def end(self) -> None:
        """Read to the end in both places; the text is exact in both, and in the rows."""
        said = await asyncio.gather(*(chat.until_finished(self.turn) for chat in (self.near, self.far)))
        whole = hashlib.sha256(expected(MODEL, self.question).encode()).hexdigest()
        assert [hashlib.sha256(one.text.encode()).hexdigest() for one in said] == [whole, whole]
        assert [one.status for one in said] == ["complete", "complete"]
        (kept,) = self.site.ledger.of(self.conversation)
        assert kept.status == "completed"
        assert hashlib.sha256(kept.text.encode()).hexdigest() == whole
        for chat in (self.near, self.far):
            await chat.close()


async def begin_all(site: Site, label: str, tokens: int = 300) -> list[Watched]:
    """Return answers that have begun, spread over both processes."""
    answers = [Watched(site, f"{label} {number}. tokens={tokens}") for number in range(ANSWERS)]
    return list(await asyncio.gather(*(answer.begin(number) for number, answer in enumerate(answers))))


async def ask_until_it_is_taken(chat: Chat, text: str, model: str) -> str:
    """Ask, again and again with the same client_id while the database is away; returns the turn."""
    client_id, began = str(uuid.uuid4()), time.monotonic()
    while True:
        try:
            return await chat.ask(text, client_id=client_id, model=model)
        except Refused as refused:
            assert refused.frame["code"] == "unavailable"
            assert time.monotonic() - began < within(PATIENCE_SECONDS)
            await asyncio.sleep(refused.frame["retry_after"])


async def test_redis_is_killed_and_comes_back_in_the_middle_of_answers(production: Site, redis: Redis):
    answers = await begin_all(production, "Without Redis for a while")
    readers = [asyncio.create_task(answer.end()) for answer in answers]
    await asyncio.sleep(1)
    await asyncio.to_thread(redis.kill)
    await asyncio.sleep(1.5)
    # Questions are taken while it is away.
    chat = await production.open(new_conversation(), server=production.servers[1])
    turn = await chat.ask("Asked without Redis", model=QUICK)
    assert (await chat.until_finished(turn)).text == expected(QUICK, "Asked without Redis")
    await chat.close()
    await asyncio.to_thread(redis.start)
    await asyncio.gather(*readers)


async def test_after_redis_came_back_the_other_process_hears_at_once_again(production: Site, redis: Redis):
    await asyncio.to_thread(redis.kill)
    await asyncio.to_thread(redis.start)

    async def heard_at_once() -> bool:
        (answer,) = [await Watched(production, f"Heard again {uuid.uuid4()}. tokens=50").begin(0)]
        await answer.end()
        return sum(frame["type"] == "message.delta" for frame in answer.far.reader.frames) > 5

    await wait_for(heard_at_once, seconds=30, every=1)


async def test_postgres_is_cut_off_and_comes_back_in_the_middle_of_answers(production: Site, postgres: Postgres):
    answers = await begin_all(production, "PostgreSQL restarts", tokens=350)
    readers = [asyncio.create_task(answer.end()) for answer in answers]
    chat = await production.open(new_conversation(), server=production.servers[0])
    await asyncio.sleep(1)
    asking = asyncio.create_task(ask_until_it_is_taken(chat, "Asked in the restart", QUICK))
    await asyncio.to_thread(postgres.stop)
    await asyncio.sleep(1)
    await asyncio.to_thread(postgres.start)
    turn = await asking
    assert (await chat.until_finished(turn)).text == expected(QUICK, "Asked in the restart")
    await chat.close()
    await asyncio.gather(*readers)


async def test_an_answer_that_ends_while_postgres_is_away_is_kept_when_it_is_back(production: Site, postgres: Postgres):
    answer = await Watched(production, "It ends meanwhile. tokens=60").begin(0)
    reader = asyncio.create_task(answer.end())
    await asyncio.to_thread(postgres.stop)
    await asyncio.sleep(2)
    await asyncio.to_thread(postgres.start)
    await reader


async def test_without_redis_the_other_process_follows_from_the_rows(without_redis: Site):
    answers = await begin_all(without_redis, "No Redis at all", tokens=400)
    (first, *_) = answers
    readers = [asyncio.create_task(answer.end()) for answer in answers]
    began, seen = time.monotonic(), {}
    while not all(reader.done() for reader in readers):
        seen[len(first.far.reader.answer(first.turn).text)] = time.monotonic() - began
        await asyncio.sleep(0.1)
    await asyncio.gather(*readers)
    moments = sorted(seen.values())
    assert len(seen) > 3
    assert max(later - earlier for earlier, later in zip(moments, moments[1:], strict=False)) <= within(BEHIND_SECONDS)


async def test_without_redis_stop_reaches_the_other_process_by_the_rows(without_redis: Site):
    answer = await Watched(without_redis, "Stop it from afar. tokens=1000").begin(0)
    await answer.far.until(lambda reader: reader.answer(answer.turn).text)
    await answer.far.send(type="turn.stop", turn=answer.turn)
    said = await asyncio.gather(*(chat.until_finished(answer.turn) for chat in (answer.near, answer.far)))
    assert {one.status for one in said} == {"stopped"}
    assert len({one.text for one in said}) == 1
    (kept,) = without_redis.ledger.of(answer.conversation)
    assert (kept.status, kept.text) == ("stopped", said[0].text)
    for chat in (answer.near, answer.far):
        await chat.close()


async def test_without_redis_a_deletion_ends_what_is_open_at_the_other_process(without_redis: Site):
    near, far = without_redis.servers
    conversation = new_conversation()
    chat = await without_redis.open(conversation, server=far)
    asking = await without_redis.open(conversation, server=near)
    await asking.until_finished(await asking.ask("Delete me", model=QUICK))
    listener = Listener()
    headers = {"Authorization": f"Bearer {without_redis.token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        follow = opened(client, "GET", f"{far.url}/api/conversations/{conversation}/stream/")
        async with follow as stream:
            await listener.read(stream, until=lambda told: "conversation.snapshot" in told.kinds)
            deleted = await client.delete(f"{near.url}/api/conversations/{conversation}/")
            assert deleted.status_code == 204
            async with asyncio.timeout(within(DELETED_SECONDS)):
                await listener.read(stream)
                with pytest.raises(ConnectionClosed) as closed:
                    while True:
                        await chat.step()
    assert listener.errors[-1]["code"] == "not_found"
    assert closed.value.rcvd.code == 4404
    await asking.close()
