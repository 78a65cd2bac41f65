"""Getting a model from an address or a file: resumed where it broke off, checked, and there whole or not at all."""

import asyncio
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import httpx

from ..outgoing import OutgoingError, checked_addresses, checked_url, port_of, request_to, resolve, transports
from . import gguf
from .curated import File, Offer, find
from .fit import MB, in_words
from .shelf import PART, PROJECTOR, Entry, Shelf, ShelfError, name_for, write

Tell = Callable[[int, int | None], None]

LOCK = ".fetching"
CHUNK_BYTES = MB
MOST_REDIRECTS = 6
CONNECT_SECONDS = 15.0
SILENCE_SECONDS = 60.0
TELL_SECONDS = 0.5
# What is left free on the disk for everything else.
SPARE_BYTES = 256 * MB
SHA256 = re.compile(r"[0-9a-f]{64}")
RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
BROKE_OFF = "The connection broke off. What came is kept: try again to go on."
NO_NETWORK = (
    "{host} cannot be reached from this machine. Without a network a model can come from a file: "
    "copy a .gguf here and name its path."
)


class FetchError(ShelfError):
    """Why a model did not come; `retryable` says that trying again may help, and then goes on where it stopped."""

    def __init__(self, detail: str, *, retryable: bool = False) -> None:
        super().__init__(detail)
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be got: a name, its file, and what lets it see; a size of 0 and an empty checksum are not known."""

    name: str
    file: File
    projector: File | None = None
    licence: str = ""

    @property
    def size(self) -> int | None:
        """How many bytes all of it has, None if that is not known."""
        sizes = [file.size for file in (self.file, self.projector) if file]
        return sum(sizes) if all(sizes) else None


def wanted(source: str, *, name: str = "", projector: str = "", sha256: str = "") -> Wanted:
    """Return what a name of the list, an address or a path stands for; raises ShelfError."""
    if sha256 and not SHA256.fullmatch(sha256 := sha256.lower()):
        raise ShelfError("A SHA-256 has 64 hexadecimal digits.")
    if (offer := find(source)) is not None:
        return from_list(offer)
    if "://" not in source and not Path(source).expanduser().exists():
        raise ShelfError(f"{source} is no name of the list, no address and no file.")
    path = urlsplit(source).path if "://" in source else source
    found = name or name_for(unquote(path.rpartition("/")[2]))
    beside = File(projector, 0, "") if projector else None
    return Wanted(name=found, file=File(source, 0, sha256), projector=beside)


def from_list(offer: Offer) -> Wanted:
    """Return what an offer of the list stands for."""
    return Wanted(name=offer.name, file=offer.file, projector=offer.projector, licence=offer.licence)


async def fetch(*, shelf: Shelf, wish: Wanted, tell: Tell, trusted: bool) -> Entry:
    """Return the model once it is on the shelf; `tell` hears how many bytes are there, and of how many.

    `trusted` is for whoever has a shell on this machine anyway: any host and port, the machine's proxy, and files.
    Others get what public servers offer on their usual ports. Raises FetchError, ShelfError or NotAModel.
    """
    path = shelf.path_of(wish.name)
    if path.exists():
        raise ShelfError(f"There is a model named {wish.name} already.")
    shelf.folder.mkdir(parents=True, exist_ok=True)
    files = [(path, wish.file)]
    if wish.projector:
        # First, so that the model is never there without its eyes.
        files.insert(0, (path.with_suffix(PROJECTOR), wish.projector))
    before, notes = 0, {"licence": wish.licence, "got_at": int(time.time())}
    with _alone(shelf.folder):
        for target, file in files:
            kind = "file" if target == path else "projector"

            def tell_of_all(done: int, total: int | None, before: int = before) -> None:
                tell(before + done, wish.size or total and before + total)

            download = _Download(target=target, file=file, tell=tell_of_all, trusted=trusted)
            notes[kind] = await download.run(check=_is_model if kind == "file" else _is_projector)
            before += download.part.stat().st_size
        shelf.note(wish.name, notes)
        # The model itself last: until now there was none.
        for target, _ in files:
            _part(target).replace(target)
            _notes(target).unlink(missing_ok=True)
        _sync(shelf.folder)
    return shelf.open(wish.name)


def _is_model(header: gguf.Header) -> None:
    if not header.chats:
        raise gguf.NotAModel("This file is not a model to chat with.")


def _is_projector(header: gguf.Header) -> None:
    if not header.sees:
        raise gguf.NotAModel("This file does not let a model see.")


class _Download:
    """One file on its way, in a part of its own until it is whole and checked."""

    def __init__(self, *, target: Path, file: File, tell: Tell, trusted: bool) -> None:
        self.part = _part(target)
        self.notes = _notes(target)
        self.file = file
        self.tell = tell
        self.trusted = trusted
        self.told_at = 0.0

    async def run(self, *, check: Callable[[gguf.Header], None]) -> dict[str, Any]:
        """Bring the file to its part, check it, and return what is put down about it."""
        if "://" in self.file.url:
            expected = await self.download()
        else:
            expected = self.copy()
        found = await asyncio.to_thread(_digest, self.part)
        if expected and found != expected:
            self.forget()
            raise FetchError("What came is not the file that was expected: its SHA-256 is another one. It was deleted.")
        try:
            check(gguf.read(self.part))
        except gguf.NotAModel:
            self.forget()
            raise
        known = "given" if self.file.sha256 else "told by its source" if expected else "not known before"
        return {"url": self.file.url, "sha256": found, "checksum": known}

    def forget(self) -> None:
        """Delete what came."""
        self.part.unlink(missing_ok=True)
        self.notes.unlink(missing_ok=True)

    def copy(self) -> str:
        """Copy a file of this machine; return the checksum that it must have."""
        if not self.trusted:
            raise FetchError("Only addresses can be named here.")
        source = Path(self.file.url).expanduser()
        try:
            with source.open("rb") as file, self.part.open("wb") as part:
                total = os.fstat(file.fileno()).st_size
                self.check_space(total)
                while chunk := file.read(CHUNK_BYTES):
                    part.write(chunk)
                    self.progress(part.tell(), total)
                _settle(part)
        except OSError as error:
            raise self.failed(error) from error
        return self.file.sha256

    async def download(self) -> str:
        """Get what is missing of the file; return the checksum that it must have, empty if nobody tells one."""
        have, notes = self.had()
        if have and have == notes.get("total"):
            return notes["sha256"]
        try:
            async with _opened(self.file.url, headers=_range(have, notes), trusted=self.trusted) as (response, told):
                if response.status_code == 416:
                    self.forget()
                    raise FetchError("The file has changed since a part of it was got. Try again.", retryable=True)
                begin, total = _extent(response)
                if begin and begin != have:
                    raise FetchError("The server went on somewhere else in the file.", retryable=True)
                expected = self.file.sha256 or told
                if self.file.size and total not in (None, self.file.size):
                    raise FetchError("The server has a file of another size than the list says.")
                etag = response.headers.get("etag", "")
                known = {"url": self.file.url, "etag": etag, "sha256": expected, "total": total}
                write(self.notes, json.dumps(known))
                await self.receive(response, begin=begin, total=total)
                return expected
        except OutgoingError as error:
            raise FetchError(error.detail, retryable=error.code in {"unreachable", "not_resolved", "timeout"}) from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise FetchError(NO_NETWORK.format(host=urlsplit(self.file.url).hostname), retryable=True) from None
        except httpx.HTTPError:
            raise FetchError(BROKE_OFF, retryable=True) from None
        except OSError as error:
            raise self.failed(error) from error

    async def receive(self, response: httpx.Response, *, begin: int, total: int | None) -> None:
        self.check_space((total or begin) - begin)
        with self.part.open("r+b" if begin else "wb") as part:
            part.seek(begin)
            part.truncate()
            async for chunk in response.aiter_raw():
                part.write(chunk)
                self.progress(part.tell(), total)
                if total is not None and part.tell() > total:
                    raise FetchError("The server sent more than it had said.")
            _settle(part)
            if total is not None and part.tell() < total:
                raise FetchError(BROKE_OFF, retryable=True)

    def had(self) -> tuple[int, dict[str, Any]]:
        """Return how much of this very file is there, in bytes, and what is known of it."""
        try:
            notes = json.loads(self.notes.read_text())
            have = self.part.stat().st_size
        except (OSError, ValueError):
            return 0, {}
        # What a checksum holds together, or a name for these very bytes, can be gone on with.
        sure = bool(self.file.sha256) or _is_strong(notes.get("etag", ""))
        return (have, notes) if notes.get("url") == self.file.url and sure else (0, {})

    def check_space(self, more: int) -> None:
        free = shutil.disk_usage(self.part.parent).free
        if more + SPARE_BYTES > free:
            missing = in_words(more + SPARE_BYTES - free)
            raise FetchError(f"The disk has too little space for this model: {missing} are missing.")

    def failed(self, error: OSError) -> FetchError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return FetchError("The disk is full. What came is kept: make space and try again to go on.")
        return FetchError(f"The file cannot be read or written: {error.strerror}.")

    def progress(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self.told_at >= TELL_SECONDS or done == total:
            self.told_at = now
            self.tell(done, total)


@asynccontextmanager
async def _opened(url: str, *, headers: dict[str, str], trusted: bool) -> AsyncIterator[tuple[httpx.Response, str]]:
    """Give the answer of whoever has the file at last, and the SHA-256 that was told on the way, empty if none was."""
    told = ""
    for _ in range(MOST_REDIRECTS):
        async with _asked(url, headers=headers, trusted=trusted) as response:
            # Hugging Face tells with its redirect what stands at its end.
            told = told or _sha256_of(response.headers)
            if response.status_code in (200, 206, 416):
                yield response, told
                return
            if not response.has_redirect_location:
                raise _refused(response.status_code, urlsplit(url).hostname)
            following = str(httpx.URL(url).join(response.headers["location"]))
        if url.startswith("https:") and not following.startswith("https:"):
            raise FetchError("The server leads to an address that is not protected (https).")
        url = following
    raise FetchError("The server leads from one address to the next without an end.")


@asynccontextmanager
async def _asked(url: str, *, headers: dict[str, str], trusted: bool) -> AsyncIterator[httpx.Response]:
    sent = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Chatsite", **headers}
    timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    if trusted:
        checked_url(url, params=None, port=port_of(url))
        async with (
            httpx.AsyncClient(timeout=timeout, follow_redirects=False) as client,
            client.stream("GET", url, headers=sent) as response,
        ):
            yield response
        return
    target = checked_url(url, params=None, port=None)
    addresses = await checked_addresses(target, allow_inner=False, resolver=resolve)
    for address in addresses:
        request = request_to(address, target)
        request.headers.update(sent)
        request.extensions["timeout"] = timeout.as_dict()
        try:
            response = await transports.get().handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
        response.request = request
        try:
            yield response
        finally:
            await response.aclose()
        return
    raise FetchError(NO_NETWORK.format(host=target.host), retryable=True)


def _refused(status: int, host: str | None) -> FetchError:
    match status:
        case 401 | 403:
            return FetchError(f"{host} does not give this file to everybody.")
        case 404 | 410:
            return FetchError(f"{host} has no such file.")
        case 429 | 500 | 502 | 503 | 504:
            return FetchError(f"{host} has too much to do ({status}). Try again later.", retryable=True)
    return FetchError(f"{host} refused the request ({status}).")


def _range(have: int, notes: dict[str, Any]) -> dict[str, str]:
    if not have:
        return {}
    etag = notes.get("etag", "")
    return {"Range": f"bytes={have}-"} | ({"If-Range": etag} if _is_strong(etag) else {})


def _is_strong(etag: str) -> bool:
    return bool(etag) and not etag.startswith("W/")


def _extent(response: httpx.Response) -> tuple[int, int | None]:
    """Return where in the file an answer begins, and how long the file is, in bytes."""
    if response.status_code == 206 and (found := RANGE.fullmatch(response.headers.get("content-range", ""))):
        return int(found[1]), int(found[2])
    length = response.headers.get("content-length", "")
    return 0, int(length) if length.isdigit() else None


def _sha256_of(headers: httpx.Headers) -> str:
    """Return the SHA-256 that a server tells of its file, empty if it tells none."""
    for name in ("x-linked-etag", "etag"):
        value = headers.get(name, "").strip('"').lower()
        if SHA256.fullmatch(value):
            return value
    return ""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let nobody else fetch meanwhile; raises FetchError if somebody does."""
    with open(folder / LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FetchError("Another model is being fetched. Try again when it is there.", retryable=True) from None
        yield


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _part(target: Path) -> Path:
    return target.with_name(target.name + PART)


def _notes(target: Path) -> Path:
    return target.with_name(f"{target.name}{PART}.json")


def as_payload(wish: Wanted) -> dict[str, Any]:
    """Return a wish as a job keeps it."""
    return asdict(wish)


def from_payload(payload: dict[str, Any]) -> Wanted:
    """Return the wish that a job has kept."""
    beside = payload.get("projector")
    return Wanted(
        name=payload["name"],
        file=File(**payload["file"]),
        projector=File(**beside) if beside else None,
        licence=payload.get("licence", ""),
    )
