"""kill -9 of a web process that writes ten answers, with an eleventh question just being asked."""

import asyncio

from tests.chaos.houses import one_process, two_processes
from tests.chaos.judge import Verdict
from tests.chaos.trial import Trial
from tests.durability.site import Site
from tests.support.server import Server

ANSWERS = 10
MODEL, QUICK = "ollama/paced-50", "ollama/fast"
# Longer than anybody lets it write.
TOKENS = 600
LONGEST_SECONDS = 2.5


async def run(times: int) -> Verdict:
    """Kill the only process of an installation as often as one of two, so many times in all."""
    verdict = Verdict()
    with two_processes() as house:
        verdict.join(await _kill_by_turns(house.site, (times + 1) // 2))
    if times > 1:
        with one_process() as site:
            verdict.join(await _kill_by_turns(site, times // 2))
    return verdict


async def _kill_by_turns(site: Site, times: int) -> Verdict:
    trial = Trial(site)
    for number in range(times):
        await _kill(trial, site.servers[number % len(site.servers)], f"Kill {number}")
    return await trial.verdict()


async def _kill(trial: Trial, victim: Server, label: str) -> None:
    dice = trial.site.dice
    begun = [
        trial.ask(f"{label}, question {number}. tokens={TOKENS}", MODEL, server=victim, finishes=False)
        for number in range(ANSWERS)
    ]
    await asyncio.gather(*(person.acknowledged.wait() for person, _ in begun))
    await asyncio.sleep(dice.uniform(0, LONGEST_SECONDS))
    begun.append(trial.ask(f"{label}, at the last moment", QUICK, server=victim, finishes=False))
    await asyncio.sleep(dice.uniform(0, 0.1))
    trial.fault()
    victim.kill()
    await trial.site.restart(victim)
    trial.healed()
    await asyncio.gather(*(life for _, life in begun))
