"""Redis and PostgreSQL go and come back in the middle of answers: none is lost, all are whole in the end."""

import asyncio

from tests.chaos.houses import two_processes
from tests.chaos.judge import Verdict
from tests.chaos.trial import Trial

PEOPLE = 20
TOKENS = 200
LONGEST_AWAY_SECONDS = 2.0
LONGEST_BETWEEN_SECONDS = 4.0


async def kill_redis(times: int) -> Verdict:
    """Kill Redis so many times, and start it again each time."""
    with two_processes() as house:
        return await _by_turns(Trial(house.site), times, down=house.redis.kill, up=house.redis.start)


async def restart_postgres(times: int) -> Verdict:
    """Stop PostgreSQL at once so many times, as in a power cut, and start it again each time."""
    with two_processes() as house:
        return await _by_turns(Trial(house.site), times, down=house.postgres.stop, up=house.postgres.start)


async def _by_turns(trial: Trial, times: int, *, down, up) -> Verdict:
    dice = trial.site.dice
    async with trial.crowd(PEOPLE, tokens=TOKENS):
        for _ in range(times):
            await asyncio.sleep(dice.uniform(0.5, LONGEST_BETWEEN_SECONDS))
            trial.fault()
            await asyncio.to_thread(down)
            await asyncio.sleep(dice.uniform(0, LONGEST_AWAY_SECONDS))
            await asyncio.to_thread(up)
            trial.healed()
    return await trial.verdict()
