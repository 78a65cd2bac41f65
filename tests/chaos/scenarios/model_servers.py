"""Model servers that break off, hang, lie or refuse: what was said is kept, and never called a whole answer."""

import asyncio
from collections.abc import Iterable
from itertools import islice

import httpx

from tests.chaos.houses import one_process
from tests.chaos.judge import Verdict
from tests.chaos.trial import Trial
from tests.durability.test_model_server_fails import AT_ONCE, CUT_BYTES, CUT_TOKENS, FAULTS, PROTOCOLS


async def cut(times: int) -> Verdict:
    """Cut so many answers off at any byte of them, every third with a reset."""
    with one_process() as site:
        trial = Trial(site)
        # A few more than questions: a reset before the first byte may be tried once more.
        scripts = [{"cut_at": site.dice.randint(0, CUT_BYTES), "reset": at % 3 == 0} for at in range(2 * times)]
        async with httpx.AsyncClient() as client:
            (await client.post(f"{site.fake}/_script", json=scripts)).raise_for_status()
        asked = (
            (f"Cut number {number}. tokens={CUT_TOKENS}", f"{PROTOCOLS[number % 2]}/fast", None)
            for number in range(times)
        )
        await _a_few_at_once(trial, asked)
        verdict = await trial.verdict()
        if verdict.finals:
            verdict.fail(f"{verdict.finals} answers that were cut off are called complete")
        return verdict


async def hang(rounds: int) -> Verdict:
    """Ask every model that hangs, breaks or refuses, over both protocols, in so many rounds."""
    with one_process() as site:
        trial = Trial(site)
        asked = (
            (f"Round {number} of {protocol}/{fault}.", f"{protocol}/{fault}", ends)
            for number in range(rounds)
            for protocol in PROTOCOLS
            for fault, ends in FAULTS.items()
        )
        await _a_few_at_once(trial, asked)
        return await trial.verdict()


async def _a_few_at_once(trial: Trial, asked: Iterable[tuple[str, str, tuple[str, str] | None]]) -> None:
    """Ask all of this, `AT_ONCE` at a time."""
    waiting = iter(asked)
    while some := list(islice(waiting, AT_ONCE)):
        lives = []
        for text, model, ends in some:
            trial.fault()
            _, life = trial.ask(text, model, finishes=False, ends=ends)
            lives.append(life)
        await asyncio.gather(*lives)
