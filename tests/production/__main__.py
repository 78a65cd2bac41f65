"""Start the installation of compose.yaml, do in it what people do, and say what holds."""

import asyncio
import json
import shutil
import sys
import time
import uuid

import httpx

from tests.fake_model import answer_text
from tests.production.house import House
from tests.support.client import Chat, sign_up
from tests.support.services import postgres_binaries, redis_binary
from tests.support.streams import Listener, opened

HEADERS = {
    "content-security-policy": "default-src 'self'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=()",
}
REVOKED_SECONDS = 5


async def ask_and_watch(house: House, token: str) -> str:
    """A question over a socket through the proxy; somebody watches at each process, and all read the same."""
    conversation = str(uuid.uuid4())
    chat = await Chat.open(house.url, token, conversation)
    turn = await chat.ask("What is a tide? tokens=60", model="ollama/paced-50")
    others = [await Chat.open(url, token, conversation) for url in house.web]
    texts = [(await each.until_finished(turn)).text for each in (chat, *others)]
    assert texts == [answer_text(model="paced-50", message="What is a tide? tokens=60")] * len(texts)
    for each in (chat, *others):
        await each.close()
    return f"{len(texts)} readers at {len(house.web)} processes and the proxy have the same {len(texts[0])} characters"


async def stream_events(house: House, token: str) -> str:
    """An answer as server-sent events through the proxy, piece by piece."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        body = {"text": "A tide? tokens=60", "model": "ollama/paced-50", "client_id": str(uuid.uuid4())}
        url = f"{house.url}/api/conversations/{uuid.uuid4()}/turns/"
        accept = {"Accept": "text/event-stream"}
        listener, times = Listener(), []
        async with opened(client, "POST", url, json=body, headers=accept) as events:
            async for event in events:
                listener.apply(event)
                times.append(time.monotonic())
                if listener.finished:
                    break
        pieces = listener.kinds.count("message.delta")
        assert listener.exact
        # A proxy that held the stream back would hand it over at once.
        assert pieces > 5
        assert times[-1] - times[0] > 0.5
        return f"{pieces} pieces over {times[-1] - times[0]:.1f} s, exact by their digest"


async def stop_elsewhere(house: House, token: str) -> str:
    """A long answer that runs in one process is stopped at the other."""
    conversation = str(uuid.uuid4())
    chat = await Chat.open(house.web[0], token, conversation)
    turn = await chat.ask("Tell me much. tokens=2000", model="ollama/paced-50")
    await chat.until(lambda reader: len(reader.answer(turn).text) > 20)
    began = time.monotonic()
    async with httpx.AsyncClient() as client:
        url = f"{house.web[1]}/api/turns/{turn}/stop/"
        answer = await client.post(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert answer.status_code in (200, 202), answer.text
    await chat.until_finished(turn, 5)
    assert chat.reader.turns[turn] == "stopped"
    await chat.close()
    return f"after {time.monotonic() - began:.2f} s"


async def share_files(house: House, token: str) -> str:
    """A file that comes in through the proxy can be read at every process, and a large one is refused with a word."""
    content = b"The lease ends in May.\n" * 1000
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        answer = await client.post(f"{house.url}/api/attachments/", files={"file": ("lease.txt", content)})
        assert answer.status_code == 201, answer.text
        place = f"/api/attachments/{answer.json()['id']}/content/"
        for url in (house.url, *house.web):
            assert (await client.get(f"{url}{place}")).content == content
        large = {"file": ("large.txt", b"x" * (21 * 1024 * 1024))}
        refused = await client.post(f"{house.url}/api/attachments/", files=large)
        assert refused.status_code == 413, refused.text
        assert refused.json()["code"] == "file_too_large", refused.text
    return "the same bytes at every process; 21 MB are refused with 413"


async def turn_out(house: House, token: str) -> str:
    """Who signs out at one process loses the socket at the other."""
    chat = await Chat.open(house.web[1], token, str(uuid.uuid4()))
    async with httpx.AsyncClient() as client:
        url = f"{house.web[0]}/api/auth/logout/"
        answer = await client.post(url, headers={"Authorization": f"Bearer {token}"}, json={}, timeout=10)
    began = time.monotonic()
    assert answer.status_code in (200, 204), answer.text
    async with asyncio.timeout(REVOKED_SECONDS):
        await chat.connection.wait_closed()
    assert chat.connection.close_code == 4401
    return f"closed with 4401 after {time.monotonic() - began:.1f} s"


async def do_jobs(house: House, token: str) -> str:
    """The worker, in a process of its own, gives a conversation its title."""
    conversation = str(uuid.uuid4())
    chat = await Chat.open(house.url, token, conversation)
    turn = await chat.ask("What is a harbour?", model="ollama/fast")
    await chat.until_finished(turn)
    first = "What is a harbour?"
    end = time.monotonic() + 30
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        while time.monotonic() < end:
            title = (await client.get(f"{house.url}/api/conversations/{conversation}/")).json()["title"]
            if title and title != first:
                await chat.close()
                return f"“{title}”"
            await asyncio.sleep(0.2)
    raise AssertionError("No title came")


async def careful_answers(house: House, token: str) -> str:
    """Headers, names of requests, and what a stranger cannot choose."""
    async with httpx.AsyncClient() as client:
        page = await client.get(f"{house.url}/accounts/login/", headers={"X-Request-ID": "a-strangers-choice"})
        assert page.status_code == 200
        for name, part in HEADERS.items():
            assert part in page.headers[name], (name, page.headers.get(name))
        # nginx names requests, whatever somebody sends.
        assert len(page.headers["x-request-id"]) == 32
        assert "server" not in page.headers or "/" not in page.headers["server"]
        style = next(part.partition('"')[0] for part in page.text.split('href="') if ".css" in part.partition('"')[0])
        answer = await client.get(f"{house.url}{style}")
        assert "immutable" in answer.headers["cache-control"]
        assert (await client.get(f"{house.url}/metrics")).status_code == 404
        shown = {"Authorization": "Bearer the token of this check"}
        for url in house.web:
            told = (await client.get(f"{url}/metrics", headers=shown)).text
            assert "chatsite_turns_finished_total" in told
    return f"{len(HEADERS)} headers, static files for ever, figures only for who has the token"


async def careful_settings(house: House, token: str) -> str:
    """`check --deploy` and the doctor."""
    https = {"PUBLIC_URL": "https://chat.example.org"}
    checked = house.manage("check", "--deploy", "--fail-level", "WARNING", **https)
    assert checked.returncode == 0, checked.stderr
    examined = json.loads(house.manage("doctor", "--json", **https).stdout)
    bad = [each for each in examined["findings"] if each["severity"] == "error"]
    assert [each["code"] for each in bad if each["code"] not in {"disk_full", "kept_in_memory"}] == [], bad
    return f"no warning; the doctor has {len(examined['findings'])} words of advice and no error"


async def quiet_logs(house: House, token: str) -> str:
    """No process had an error, and no line says what was said."""
    lines = house.logs().splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert not [line for line in told if line["level"] in {"ERROR", "CRITICAL"}], told
    assert not [line for line in lines if "tide" in line or "harbour" in line or "lease" in line]
    return f"{len(lines)} lines, no error, no word"


CHECKS = (
    ask_and_watch,
    stream_events,
    stop_elsewhere,
    share_files,
    do_jobs,
    careful_answers,
    careful_settings,
    turn_out,
    quiet_logs,
)


async def main() -> int:
    missing = [
        name
        for name, there in (
            ("nginx", shutil.which("nginx")),
            ("PostgreSQL", postgres_binaries()),
            ("Redis", redis_binary()),
        )
        if not there
    ]
    if missing:
        print(f"Not checked: {', '.join(missing)} is not installed here.")
        return 2
    failed, began = 0, time.monotonic()
    with House() as house:
        print(f"Started {', '.join(house.processes)} after {time.monotonic() - began:.0f} s.")
        token = sign_up(house.url)
        for check in CHECKS:
            try:
                print(f"ok      {check.__name__}: {await check(house, token)}", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAILED  {check.__name__}: {type(error).__name__}: {error}", flush=True)
        if failed:
            print(house.logs()[-6000:])
    print(f"{len(CHECKS) - failed} of {len(CHECKS)} hold, after {time.monotonic() - began:.0f} s.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
