"""What comes in: people who sign in, and a day on which they browse, search, upload and ask."""

import asyncio
import json
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Callable

import httpx

from tests.support.client import PASSWORD, Chat

from . import house

BROWSE_SECONDS = 0.1
# How long somebody thinks between two things, on average.
THINK_SECONDS = 2.0
# How often each thing is done, beside the others.
DAY = {"list": 6, "open": 6, "search": 3, "upload": 1, "ask": 3}
ANSWER_TOKENS = 100
FILE_BYTES = 50_000
SEED = 20_260
# All have the same password, hashed once: to hash it is what is measured, not what is prepared.
MAKE_PEOPLE = """
import json
from django.contrib.auth.hashers import make_password
from accounts.models import User
hashed = make_password({password!r})
made = [User(email=f"arriving-{{number}}@example.org", password=hashed) for number in range({count})]
User.objects.bulk_create(made)
print(json.dumps([user.email for user in made]))
"""


async def sign_ins(*, per_minute: int, seconds: int) -> dict:
    """Return how long so many sign-ins a minute took, and what somebody who browses meanwhile had to wait."""
    with house.opened(1) as held:
        server, count = held.servers[0], per_minute * seconds // 60
        script = MAKE_PEOPLE.format(password=PASSWORD, count=count)
        emails = json.loads(server.manage("shell", "-v", "0", "-c", script).splitlines()[-1])
        (token,) = held.people(1)
        took: list[float] = []
        failures: list[str] = []
        over = asyncio.Event()
        async with httpx.AsyncClient(
            base_url=server.url, timeout=120, limits=httpx.Limits(max_connections=None)
        ) as client:
            headers = {"Authorization": f"Bearer {token}"}
            alone = await browse(client, headers, until=5.0)
            browsing = asyncio.create_task(browse(client, headers, until=over))

            async def sign_in(number: int) -> None:
                # At its moment, whatever became of those before it.
                await asyncio.sleep(number * 60 / per_minute)
                began = time.perf_counter()
                answer = await client.post("/api/auth/login/", json={"email": emails[number], "password": PASSWORD})
                took.append(time.perf_counter() - began)
                if answer.status_code != 200:
                    failures.append(answer.text[:200])

            used, began = held.processor_seconds(), time.monotonic()
            await asyncio.gather(*(sign_in(number) for number in range(count)))
            lasted = time.monotonic() - began
            used = held.processor_seconds() - used
            over.set()
            beside = await browsing
        return {
            "per_minute": per_minute,
            "sign_ins": len(took) - len(failures),
            "failed": len(failures),
            "failures": failures[:3],
            "seconds": round(lasted),
            **house.percentiles("sign_in", took),
            **house.percentiles("browse_alone", alone),
            **house.percentiles("browse_beside", beside),
            "cpu_ms_each": round(used / count * 1000, 1),
            "core_share": round(used / lasted, 2),
        }


async def browse(client: httpx.AsyncClient, headers: dict, until: asyncio.Event | float) -> list[float]:
    """Return how long a list of conversations took, again and again, for so many seconds or until the event."""
    took, end = [], time.monotonic() + until if isinstance(until, float) else None
    while time.monotonic() < end if end else not until.is_set():
        began = time.perf_counter()
        (await client.get("/api/conversations/", headers=headers)).raise_for_status()
        took.append(time.perf_counter() - began)
        await asyncio.sleep(BROWSE_SECONDS)
    return took


class Visitor:
    """Somebody on a mixed day: what they do takes as long as `took` says, in seconds by its name."""

    def __init__(self, url: str, token: str, number: int, took: dict[str, list[float]], failures: list[str]):
        self.url = url
        self.token = token
        self.took = took
        self.failures = failures
        self.dice = random.Random(f"{SEED} {number}")
        self.conversations: list[str] = []
        self.http = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120)

    async def live(self, end: float) -> None:
        """Do one thing after the other until the end."""
        deeds: dict[str, Callable] = {name: getattr(self, name) for name in DAY}
        await self.ask()
        while time.monotonic() < end:
            await asyncio.sleep(self.dice.expovariate(1 / THINK_SECONDS))
            (name,) = self.dice.choices(list(DAY), list(DAY.values()))
            try:
                await deeds[name]()
            except Exception as error:
                self.failures.append(f"{name}: {error!r}"[:200])
        await self.http.aclose()

    async def list(self) -> None:
        await self._get("list", "/api/conversations/")

    async def open(self) -> None:
        await self._get("open", f"/api/conversations/{self.dice.choice(self.conversations)}/messages/")

    async def search(self) -> None:
        await self._get("search", f"/api/search/?q={self.dice.choice(['garden', 'river', 'harbour', 'lantern'])}")

    async def upload(self) -> None:
        words = (self.dice.choice(["The lease ends in May.", "A tide.", "Nobody reads this."]) for _ in range(10_000))
        content = "\n".join(words).encode()[:FILE_BYTES]
        began = time.perf_counter()
        answer = await self.http.post("/api/attachments/", files={"file": ("notes.txt", content)})
        answer.raise_for_status()
        self.took["upload"].append(time.perf_counter() - began)

    async def ask(self) -> None:
        """Ask, in a new conversation or on; noted are the first words, and what the answer took beyond its model."""
        fresh = not self.conversations or self.dice.random() < 0.3
        conversation = str(uuid.uuid4()) if fresh else self.dice.choice(self.conversations)
        chat = await Chat.open(self.url, self.token, conversation)
        try:
            began = time.perf_counter()
            turn = await chat.ask(f"What is a tide? tokens={ANSWER_TOKENS}", model="ollama/paced-50")
            await chat.until(lambda reader: reader.answer(turn).text, 60)
            self.took["first words"].append(time.perf_counter() - began)
            said = await chat.until_finished(turn, 120)
            self.took["answer, beyond its model"].append(time.perf_counter() - began - ANSWER_TOKENS / 50)
            if said.status != "complete":
                self.failures.append(f"ask: {said.status}")
        finally:
            await chat.close()
        if fresh:
            self.conversations.append(conversation)

    async def _get(self, name: str, path: str) -> None:
        began = time.perf_counter()
        (await self.http.get(path)).raise_for_status()
        self.took[name].append(time.perf_counter() - began)


async def day(*, people: int, seconds: int) -> dict:
    """Return the figures of a day on which so many people do what people do, on one web process."""
    with house.opened(1) as held:
        took: dict[str, list[float]] = defaultdict(list)
        failures: list[str] = []
        server = held.servers[0]
        tokens = held.people(people)
        visitors = [Visitor(server.url, token, number, took, failures) for number, token in enumerate(tokens)]
        used, began, before = held.processor_seconds(), time.monotonic(), held.megabytes()
        await asyncio.gather(*(visitor.live(began + seconds) for visitor in visitors))
        lasted, used = time.monotonic() - began, held.processor_seconds() - used
        return {
            "people": people,
            "seconds": round(lasted),
            "done": {name: len(each) for name, each in sorted(took.items())},
            "failed": len(failures),
            "failures": failures[:3],
            "latencies": {name: house.percentiles("took", each) for name, each in sorted(took.items())},
            "core_share": round(used / lasted, 2),
            "rss_begin_mb": round(before, 1),
            "rss_end_mb": round(held.megabytes(), 1),
            "gauges_left": await held.gauges(),
        }
