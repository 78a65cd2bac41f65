"""One installation in one trial: what is done to it, who is there meanwhile, and the verdict."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.chaos.judge import Verdict, judge
from tests.chaos.people import Person, Program
from tests.durability.site import Site
from tests.support.client import wait_for
from tests.support.server import ROOT

# Where the logs go of processes that did not keep a promise.
LOGS = ROOT / "var" / "chaos"
# Answers that nobody waits for any more are over within this time, or not at all.
OVER_SECONDS = 60


class LeftOut(Exception):
    """This machine cannot do it; the sentence says why."""


class Trial:
    """What happens to one installation, and to whom."""

    def __init__(self, site: Site):
        self.site = site
        self.faults = 0
        self.people: list[Person] = []
        self.broken: list[str] = []
        # When it could be used again after each fault, by the clock of the model server.
        self.restored: list[float] = []

    def fault(self) -> None:
        """Count one fault."""
        self.faults += 1

    def healed(self) -> None:
        """Note that what was broken is there again."""
        self.restored.append(time.time())

    def ask(self, text: str, model: str, kind: type[Person] = Person, **options) -> tuple[Person, asyncio.Task]:
        """Return somebody who asks this now, and the task in which they live until they have the answer."""
        person = kind(self.site, text, model, **options)
        self.people.append(person)
        return person, asyncio.create_task(person.live())

    @asynccontextmanager
    async def crowd(self, size: int, *, tokens: int, model: str = "ollama/paced-50", **options) -> AsyncIterator[None]:
        """Have so many people ask one question after the other, every third of them by a program that reads events;
        they have all their answers when it ends."""
        leave = asyncio.Event()

        async def keep_asking(number: int) -> None:
            count = 0
            while not leave.is_set():
                text = f"Person {number} asks question {count}. tokens={tokens}"
                person, life = self.ask(text, model, Program if number % 3 == 2 else Person, **options)
                await life
                if person.told.gave_up:
                    return
                count += 1

        lives = [asyncio.create_task(keep_asking(number)) for number in range(size)]
        try:
            yield
        finally:
            leave.set()
            await asyncio.gather(*lives)

    async def verdict(self) -> Verdict:
        """Return what held, once nothing is being written any more."""
        still = self.site.ledger.streaming
        try:
            await wait_for(lambda: not still(), seconds=OVER_SECONDS, every=0.5)
        except TimeoutError:
            self.broken.append(f"{len(still())} answers are still called running after {OVER_SECONDS} s")
        await self._settle()
        found = judge((person.told for person in self.people), self.site.ledger.all())
        found.faults = self.faults
        found.broken[:0] = self.broken
        if found.broken:
            self._keep_logs()
        return found

    def _keep_logs(self) -> None:
        """Copy what the processes said to where it is found after the run."""
        LOGS.mkdir(parents=True, exist_ok=True)
        for server in self.site.servers:
            shutil.copy(server.log, LOGS)

    async def _settle(self) -> None:
        """Work out how long each person waited for an end that could have been there."""
        async with httpx.AsyncClient(timeout=120) as client:
            requests = (await client.get(f"{self.site.fake}/_seen")).json()
        through: dict[str, float] = {}
        for seen in requests:
            messages = seen["body"].get("messages")
            if messages and seen["ended_at"]:
                through[messages[-1]["content"]] = seen["ended_at"]
        for person in self.people:
            through_at = through.get(person.told.text)
            if through_at is None or person.ended_at is None:
                continue
            before = [moment for moment in self.restored if moment <= person.ended_at]
            person.told.settled_seconds = max(0.0, person.ended_at - max([through_at, *before]))
