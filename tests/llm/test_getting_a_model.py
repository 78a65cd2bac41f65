"""Getting a model: whole or not at all, gone on with where it broke off, and never what was not asked for."""

import asyncio
import hashlib
from collections import namedtuple
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from llm.local import fetching
from llm.local.curated import File
from llm.local.gguf import NotAModel
from llm.local.shelf import Shelf, ShelfError
from tests.engine import tiny

Usage = namedtuple("Usage", "total used free")


class Source:
    """A server with one file, which may break off, lie or lead elsewhere."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.break_after: int | None = None
        self.etag = '"one"'
        self.asked: list[str] = []
        self.url = ""

    async def file(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.headers.get("Range", ""))
        begin = 0
        if (wanted := request.headers.get("Range")) and request.headers.get("If-Range", self.etag) == self.etag:
            begin = int(wanted.removeprefix("bytes=").rstrip("-"))
        size = len(self.data)
        headers = {"ETag": self.etag, "Content-Length": str(size - begin)}
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{size - 1}/{size}"
        response = web.StreamResponse(status=206 if begin else 200, headers=headers)
        await response.prepare(request)
        if self.break_after is not None:
            await response.write(self.data[begin : begin + self.break_after])
            request.transport.close()
            return response
        await response.write(self.data[begin:])
        return response

    async def hub(self, request: web.Request) -> web.Response:
        """Lead to the file, and tell its checksum, as Hugging Face does."""
        headers = {"Location": "/file/Tiny.gguf", "X-Linked-Etag": f'"{self.sha256}"'}
        return web.Response(status=302, headers=headers)

    async def around(self, request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/around"})


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("file") / "tiny.gguf"
    tiny.write(path=path, end_leaning=tiny.SOMETIMES)
    return path.read_bytes()


@pytest.fixture
async def source(model) -> AsyncIterator[Source]:
    source, app = Source(model), web.Application()
    app.add_routes([web.get("/file/Tiny.gguf", source.file), web.get("/hub", source.hub)])
    app.add_routes([web.get("/around", source.around)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    source.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield source
    await runner.cleanup()


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path / "models")


def wish(url: str, **changes) -> fetching.Wanted:
    return fetching.Wanted(name="tiny", file=File(url, changes.get("size", 0), changes.get("sha256", "")))


async def get(shelf: Shelf, wanted: fetching.Wanted, *, trusted: bool = True, told: list | None = None):
    tell = (told if told is not None else []).append
    return await fetching.fetch(shelf=shelf, wish=wanted, tell=lambda done, total: tell((done, total)), trusted=trusted)


def lies_there(shelf: Shelf) -> set[str]:
    return {path.name for path in shelf.folder.iterdir()} - {".fetching"}


async def test_a_model_from_the_hub_is_checked_by_what_the_hub_tells(source, shelf, model):
    told: list = []
    entry = await get(shelf, wish(f"{source.url}/hub"), told=told)
    assert entry.path.read_bytes() == model
    assert entry.notes["file"] == {
        "url": f"{source.url}/hub",
        "sha256": source.sha256,
        "checksum": "told by its source",
    }
    assert told[-1] == (len(model), len(model))
    assert lies_there(shelf) == {"tiny.gguf", "tiny.json"}
    with pytest.raises(ShelfError, match="already"):
        await get(shelf, wish(f"{source.url}/hub"))


async def test_what_broke_off_is_not_there_and_is_gone_on_with(source, shelf, model):
    source.break_after = 200_000
    with pytest.raises(fetching.FetchError, match="broke off") as raised:
        await get(shelf, wish(f"{source.url}/file/Tiny.gguf"))
    assert raised.value.retryable
    assert shelf.entries() == [] and "tiny.gguf" not in lies_there(shelf)
    had = (shelf.folder / "tiny.gguf.part").stat().st_size
    assert 0 < had <= 200_000
    source.break_after = None
    entry = await get(shelf, wish(f"{source.url}/file/Tiny.gguf"))
    assert source.asked == ["", f"bytes={had}-"]
    assert entry.path.read_bytes() == model


async def test_a_file_that_changed_meanwhile_is_got_from_its_beginning(source, shelf, model):
    source.break_after = 200_000
    with pytest.raises(fetching.FetchError):
        await get(shelf, wish(f"{source.url}/file/Tiny.gguf"))
    source.break_after, source.etag = None, '"two"'
    entry = await get(shelf, wish(f"{source.url}/file/Tiny.gguf"))
    assert entry.path.read_bytes() == model


async def test_another_checksum_leaves_nothing(source, shelf):
    with pytest.raises(fetching.FetchError, match="SHA-256") as raised:
        await get(shelf, wish(f"{source.url}/file/Tiny.gguf", sha256="0" * 64))
    assert not raised.value.retryable and lies_there(shelf) == set()


async def test_another_size_than_the_list_says_is_not_got(source, shelf):
    with pytest.raises(fetching.FetchError, match="another size"):
        await get(shelf, wish(f"{source.url}/file/Tiny.gguf", size=7))


async def test_a_page_is_no_model_and_leaves_nothing(source, shelf):
    source.data = b"<!doctype html><p>Sign in to go on." * 100
    with pytest.raises(NotAModel):
        await get(shelf, wish(f"{source.url}/file/Tiny.gguf"))
    assert lies_there(shelf) == set()


async def test_too_little_space_is_told_before_anything_is_got(source, shelf, monkeypatch):
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda folder: Usage(10, 10, fetching.SPARE_BYTES))
    with pytest.raises(fetching.FetchError, match="too little space for this model: 1 MB"):
        await get(shelf, wish(f"{source.url}/file/Tiny.gguf"))
    assert "tiny.gguf" not in lies_there(shelf)


async def test_a_disk_that_fills_up_meanwhile_is_told(source, shelf, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching, "_settle", full)
    with pytest.raises(fetching.FetchError, match="The disk is full"):
        await get(shelf, wish(f"{source.url}/file/Tiny.gguf"))
    assert shelf.entries() == []


async def test_without_a_network_it_says_so_and_what_else_there_is(shelf):
    with pytest.raises(fetching.FetchError, match="cannot be reached from this machine.*from a file"):
        await get(shelf, wish("http://127.0.0.1:9/model.gguf"))


async def test_an_endless_way_ends(source, shelf):
    with pytest.raises(fetching.FetchError, match="without an end"):
        await get(shelf, wish(f"{source.url}/around"))


async def test_who_has_no_shell_reaches_nothing_in_the_house_and_no_files(source, shelf, tmp_path, monkeypatch):
    async def inner(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(fetching, "resolve", inner)
    for url in (
        f"{source.url}/hub",
        "http://models.example.org/x.gguf",
        "http://169.254.169.254/x",
        "ftp://a.example/x",
    ):
        with pytest.raises(fetching.FetchError):
            await get(shelf, wish(url), trusted=False)
    with pytest.raises(fetching.FetchError, match="Only addresses"):
        await get(shelf, wish(str(tmp_path)), trusted=False)
    assert source.asked == []


async def test_only_one_is_fetched_at_a_time(source, shelf):
    shelf.folder.mkdir()
    with fetching._alone(shelf.folder), pytest.raises(fetching.FetchError, match="Another model is being fetched"):
        await get(shelf, wish(f"{source.url}/hub"))


async def test_what_sees_comes_before_the_model_itself(source, shelf, tmp_path):
    from tests.llm.test_reading_a_model_file import projector

    projector(tmp_path / "eyes.gguf")
    wanted = fetching.wanted(f"{source.url}/hub", name="seer", projector=str(tmp_path / "eyes.gguf"))
    entry = await get(shelf, wanted)
    assert "vision" in entry.capabilities
    with pytest.raises(NotAModel):
        await get(shelf, fetching.wanted(f"{source.url}/hub", name="blind", projector=str(entry.path)))
    assert [each.name for each in shelf.entries()] == ["seer"]


def test_what_is_wanted_is_a_name_of_the_list_an_address_or_a_file(tmp_path):
    assert fetching.wanted("qwen3-4b").size == 2_497_280_256
    assert fetching.wanted("https://a.example/b/My%20Model.gguf?download=true").name == "my-model"
    for source, changes in (("nothing-like-that", {}), ("https://a.example/x.gguf", {"sha256": "12"})):
        with pytest.raises(ShelfError):
            fetching.wanted(source, **changes)
    payload = fetching.as_payload(fetching.wanted("smolvlm-500m"))
    assert fetching.from_payload(payload) == fetching.wanted("smolvlm-500m")


async def test_a_stop_in_the_middle_keeps_what_came(source, shelf):
    def stop(done: int, total: int | None) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await fetching.fetch(shelf=shelf, wish=wish(f"{source.url}/hub"), tell=stop, trusted=True)
    assert shelf.entries() == [] and (shelf.folder / "tiny.gguf.part").exists()
