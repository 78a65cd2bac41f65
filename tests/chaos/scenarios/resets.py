"""Connections that are reset while sixty answers are read: every reader comes back and has the text to the letter."""

import asyncio

from tests.chaos.houses import two_processes
from tests.chaos.judge import Verdict
from tests.chaos.trial import Trial

STREAMS = 60
# Half a minute at 20 tokens a second.
TOKENS = 600
MODEL = "ollama/paced-20"
# As many a second, all readers together.
RESETS_PER_SECOND = 25


async def run(times: int) -> Verdict:
    """Reset so many connections, whosever they are."""
    with two_processes() as house:
        trial = Trial(house.site)
        async with trial.crowd(STREAMS, tokens=TOKENS, model=MODEL):
            while trial.faults < times:
                await asyncio.sleep(house.site.dice.expovariate(RESETS_PER_SECOND))
                reading = [person for person in trial.people if person.acknowledged.is_set()]
                if reading and house.site.dice.choice(reading).reset():
                    trial.fault()
        return await trial.verdict()
