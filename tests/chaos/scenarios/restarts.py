"""Processes that are restarted one after the other, as at an upgrade: every answer is finished all the same."""

import asyncio
import time

from tests.chaos.houses import two_processes
from tests.chaos.judge import Verdict
from tests.chaos.trial import Trial

PEOPLE = 20
# Four seconds: within the time that a process gives to its running answers.
TOKENS = 200
DRAIN_SECONDS = "15"
EVERY_SECONDS = 60
END_SECONDS = 60


async def run(times: int) -> Verdict:
    """Restart one of two processes after the other, one a minute, so many times."""
    with two_processes(DRAIN_SECONDS=DRAIN_SECONDS) as house:
        trial = Trial(house.site)
        async with trial.crowd(PEOPLE, tokens=TOKENS):
            for number in range(times):
                began = time.monotonic()
                server = house.site.servers[number % 2]
                trial.fault()
                await asyncio.to_thread(server.terminate, END_SECONDS)
                if server.process.returncode not in {0, -15}:
                    trial.broken.append(f"A process that was asked to end did so with {server.process.returncode}")
                await house.site.restart(server)
                trial.healed()
                await asyncio.sleep(max(0, EVERY_SECONDS - (time.monotonic() - began)))
        return await trial.verdict()
