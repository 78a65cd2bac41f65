"""Files over the wire: too large ones are cut off, hostile ones are refused, and the server minds neither."""

import asyncio
import io
import socket
import time
import uuid
import zlib
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from tests.extraction.pdfs import simple
from tests.support.client import sign_up
from tests.support.promises import within

pytestmark = pytest.mark.process

AT_ONCE = 20
# A page that takes this long is a page that waited for a parser.
PATIENCE_SECONDS = 5
GROWTH_BYTES = 60_000_000
LARGE_BYTES = 15_000_000
STALLED_READERS = 20
# All of them together, as they would be with the whole file in memory, are six times as much.
STALLED_GROWTH_BYTES = 50_000_000


@pytest.fixture(scope="module")
def program(house):
    """A program of somebody new."""
    headers = {"Authorization": f"Bearer {sign_up(house.url)}"}
    with httpx.Client(base_url=house.url, headers=headers, timeout=120) as client:
        yield client


def bomb(number: int) -> tuple[str, bytes]:
    """Return one of several files that ask too much, each time another one."""
    operators = b"q 1 0 0 1 0 0 cm Q BT /F1 9 Tf (x) Tj ET " * 100_000 + str(number).encode()
    pdf = simple(b"").replace(b"endobj", b"endobj % " + str(number).encode(), 1)
    header = b"IHDR" + (30_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    png = (
        b"\x89PNG\r\n\x1a\n"
        + (13).to_bytes(4, "big")
        + header
        + zlib.crc32(header).to_bytes(4, "big")
        + bytes([number])
    )
    return (f"{number}.pdf", simple(operators)) if number % 2 else (f"{number}.png", png + pdf[:10])


def upload(client: httpx.Client, name: str, content: bytes) -> httpx.Response:
    return client.post("/api/attachments/", files={"file": (name, content)})


def test_a_file_is_uploaded_asked_about_and_downloaded(program):
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(out, "PNG")
    picture = upload(program, "teal.png", out.getvalue()).json()
    text = upload(program, "lease.txt", b"The lease ends in March 2031.").json()
    conversation = uuid.uuid4()
    body = {"text": "When does it end? tokens=5", "attachments": [text["id"]], "model": "ollama/fast"}
    asked = program.post(f"/api/conversations/{conversation}/turns/", json=body)
    assert asked.status_code == 202
    end = time.monotonic() + 30
    while (turn := program.get(f"/api/turns/{asked.json()['turn']['id']}/").json())["status"] in {"queued", "running"}:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert turn["status"] == "completed"
    assert [(each["name"], each["whole"]) for each in turn["included"]] == [("lease.txt", True)]
    assert program.get(f"/api/attachments/{text['id']}/content/").content == b"The lease ends in March 2031."
    assert program.get(f"/api/attachments/{picture['id']}/thumbnail/").content[:2] == b"\xff\xd8"


def test_what_is_too_large_is_cut_off_while_it_comes(program, house):
    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(1000):
            yield b"a" * 1024 * 1024

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        answer = program.post("/api/attachments/", content=endless(), headers=headers)
        assert answer.status_code == 413
    except (httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError):
        # The server did not wait for the rest.
        pass
    assert httpx.get(f"{house.url}/healthz").status_code == 200


async def test_twenty_hostile_files_at_once_are_refused_and_nobody_waits_for_them(program, house):
    server = psutil.Process(house.server.process.pid)
    before = server.memory_info().rss
    # Twenty people, as far as limits go.
    async with httpx.AsyncClient(base_url=house.url, headers=program.headers, timeout=300) as client:
        uploads = [
            asyncio.create_task(client.post("/api/attachments/", files={"file": bomb(number)}))
            for number in range(AT_ONCE)
        ]
        worst = 0.0
        while not all(upload.done() for upload in uploads):
            began = time.monotonic()
            assert (await client.get("/api/auth/me/")).status_code == 200
            worst = max(worst, time.monotonic() - began)
            await asyncio.sleep(0.1)
        answers = [upload.result() for upload in uploads]
    assert {answer.status_code for answer in answers} == {422}
    assert {answer.json()["code"] for answer in answers} <= {"parse_limit", "image_too_large", "corrupt"}
    assert worst < within(PATIENCE_SECONDS)
    assert server.memory_info().rss - before < GROWTH_BYTES
    assert "Traceback" not in house.server.log.read_text()


def test_a_polyglot_is_its_first_kind_or_nothing_and_never_a_page(program):
    out = io.BytesIO()
    Image.new("RGB", (60, 60), "red").save(out, "GIF")
    answer = upload(program, "both.gif", out.getvalue() + b"<script>alert(1)</script>")
    assert answer.status_code in {201, 415, 422}
    if answer.status_code == 201:
        content = program.get(f"/api/attachments/{answer.json()['id']}/content/")
        assert content.headers["Content-Type"] == "image/gif"
        assert content.headers["Content-Disposition"].startswith("attachment")
        assert content.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert content.headers["X-Content-Type-Options"] == "nosniff"


@pytest.fixture(scope="module")
def large(program) -> tuple[str, bytes]:
    """The address of a file that is nearly as large as one may be, and its content."""
    content = b"".join(b"Line %d of a long text.\n" % number for number in range(700_000))[:LARGE_BYTES]
    told = upload(program, "large.txt", content)
    assert told.status_code == 201
    return f"/api/attachments/{told.json()['id']}/content/", content


def test_who_takes_nothing_of_a_download_costs_no_memory_and_holds_up_nobody(program, house, large):
    where, content = large
    server = psutil.Process(house.server.process.pid)
    assert program.get(where).content == content
    before = server.memory_info().rss
    head = f"GET {where} HTTP/1.1\r\nHost: {house.host}\r\nAuthorization: {program.headers['Authorization']}\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(STALLED_READERS):
            reader = stack.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.settimeout(within(PATIENCE_SECONDS))
            reader.connect(("127.0.0.1", house.server.port))
            reader.sendall(head.encode())
            assert reader.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        assert program.get(where).content == content
        assert time.monotonic() - began < within(PATIENCE_SECONDS)
        assert server.memory_info().rss - before < STALLED_GROWTH_BYTES
    assert not house.faults()


def test_a_download_is_looked_at_without_being_taken_and_taken_whole(program, large):
    where, content = large
    looked = program.head(where, headers={"Accept-Encoding": "identity"})
    assert (looked.status_code, looked.content) == (200, b"")
    assert int(looked.headers["Content-Length"]) == len(content)
    part = program.get(where, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (200, content)
    assert "no-store" in part.headers["Cache-Control"]


async def test_many_uploads_of_one_file_at_once_are_one_file(program, house):
    content = b"The same words, over and over."
    async with httpx.AsyncClient(base_url=house.url, headers=program.headers, timeout=120) as client:
        answers = await asyncio.gather(
            *(client.post("/api/attachments/", files={"file": ("same.txt", content)}) for _ in range(AT_ONCE))
        )
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.json()["id"] for answer in answers}) == AT_ONCE
    folder = Path(house.server.environment["DATA_DIR"]) / "files"
    assert sum(path.read_bytes() == content for path in folder.rglob("*") if path.is_file()) == 1
