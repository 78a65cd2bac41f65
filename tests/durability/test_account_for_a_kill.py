"""kill -9 of a web process while it answers: the call that was under way is in the ledger, once."""

import asyncio

import httpx
import pytest

from tests.durability.site import Asked, Site, token_count
from tests.support.client import Chat, sign_up, wait_for

pytestmark = pytest.mark.process

MODEL = "ollama/paced-50"
QUESTION = "What is a tide? tokens=600"
# An answer is kept at least so often; by then a good part of it has been said.
KEPT_SECONDS = 2.5


def usage(site: Site, token: str) -> dict:
    """Return what somebody has used, as a process that lives tells it."""
    answer = httpx.get(f"{site.servers[-1].url}/api/usage/", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    answer.raise_for_status()
    return answer.json()["total"]


async def test_the_call_under_way_is_entered_as_far_as_it_was_kept(site: Site):
    victim = site.servers[0]
    token = await asyncio.to_thread(sign_up, victim.url)
    asked = Asked(QUESTION, MODEL)
    chat = await Chat.open(victim.url, token, asked.conversation)
    turn = await chat.ask(QUESTION, model=MODEL)
    await asyncio.sleep(KEPT_SECONDS)
    victim.kill()
    await site.restart(victim)

    async def entered() -> dict | None:
        total = await asyncio.to_thread(usage, site, token)
        return total if total["calls"] else None

    total = await wait_for(entered, seconds=30)
    (row,) = site.ledger.of(asked.conversation)
    assert (row.turn, row.status) == (turn, "interrupted")
    # By our own rule, because nobody is left who counted the pieces: rather too many than too few.
    said = token_count(MODEL, QUESTION, row.text)
    assert said
    assert said * 0.5 <= total["completion_tokens"] <= said * 4
    assert total["prompt_tokens"] > 0
    assert total["estimated_share"] == 1.0

    chat = await Chat.open(site.servers[-1].url, token, asked.conversation)
    again = await chat.deliver(
        {"type": "turn.retry", "turn": turn, "client_id": asked.frame["client_id"], "model": "ollama/fast"}
    )
    await chat.until_finished(again)
    assert (await asyncio.to_thread(usage, site, token))["calls"] == 2
    await chat.close()
