"""One streaming request to a model server: its lines, its deadlines, and its certain end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import aiohttp
import httpx

from .answers import Answer, Garbage, ServerFailed
from .config import Config
from .connections import causes, explain, message_of, refuse, rest_reading, sentence, unread
from .errors import ModelError
from .events import Event
from .watchdog import Watchdog
from .wire import LineReader

FULL_CHUNK_BYTES = 16 * 1024  # what the transport reads at most; a chunk of this size has more behind it
LAST_WORDS_SECONDS = 2.0  # for what may follow the last token, as OpenAI's usage does
LARGEST_ERROR_BYTES = 64 * 1024
ERROR_BODY_SECONDS = 5
GOODBYE_SECONDS = 0.25  # for the end of the body after the end of the answer, so that the connection can be kept
STALE_CONNECTION_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is called in sentences, and the key that no sentence may hold."""

    title: str
    secret: str = ""


class Upstream:
    """A request on its way, within `async with`: leaving ends the TCP request unless it was read whole."""

    def __init__(
        self, *, send: Callable[[], Coroutine[Any, Any, httpx.Response]], config: Config, server: Server, model: str
    ) -> None:
        self.send = send
        self.config = config
        self.server = server
        self.model = model
        self.loop = asyncio.get_running_loop()
        started = self.loop.time()
        self.stale_until = started + STALE_CONNECTION_SECONDS
        self.first_token_by = started + config.first_token_seconds
        self.done_by = started + config.total_seconds
        self.body_ended = False
        self.opening: asyncio.Task[httpx.Response] = asyncio.create_task(self.open())

    async def __aenter__(self) -> "Upstream":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def open(self) -> httpx.Response:
        try:
            return await self.send()
        except Exception as error:
            # A kept connection that the server closed just now fails at once and has cost nobody anything.
            stale = any(isinstance(link, aiohttp.ServerDisconnectedError) for link in causes(error))
            if stale and self.loop.time() < self.stale_until:
                return await self.send()
            raise

    @property
    def late(self) -> bool:
        """Whether the first token should have come by now."""
        return self.loop.time() >= min(self.first_token_by, self.done_by)

    async def answered(self, *, within: float) -> bool:
        """Wait for the head of the response for at most `within` seconds, and tell whether it is there."""
        if not self.opening.done():
            await asyncio.wait((self.opening,), timeout=within)
        return self.opening.done()

    async def head(self) -> httpx.Response:
        """Return the response once its head is there and says 200, else raise."""
        if not await self.answered(within=max(0.0, min(self.first_token_by, self.done_by) - self.loop.time())):
            raise self.overdue(first=True)
        try:
            response = self.opening.result()
        except Exception as error:
            self.fail(error, answering=False)
        if response.status_code != 200:
            raise refuse(
                status=response.status_code,
                headers=response.headers,
                body=await error_body(response),
                server=self.server.title,
                model=self.model,
                secret=self.server.secret,
            )
        return response

    async def events(self, answer: Answer, *, prefix: bytes = b"") -> AsyncGenerator[Event, None]:
        """Yield what the lines of the body mean to `answer`; only lines with the prefix count, and it is cut off.

        What was understood before an error comes before the error. Once the answer has ended, the rest of the body is
        read for good manners only: then the connection can be kept.
        """
        response = await self.head()
        reader = LineReader()
        first = True
        other = b""
        watchdog = Watchdog(total_deadline=self.done_by)
        watchdog.wait_at_most(self.first_token_by - self.loop.time())
        chunks = chunks_of(response)
        try:
            async for chunk in chunks:
                lines = reader.feed(chunk)
                if prefix:
                    other = other or b"".join(line for line in lines if not line.startswith(prefix))
                    lines = [line[len(prefix) :] for line in lines if line.startswith(prefix)]
                lines = [line for line in lines if line and not line.isspace()]
                # Comments and blank lines keep a connection alive; they are no token and move no deadline.
                if lines:
                    problem = self.understand(lines, answer)
                    watchdog.rest()
                    for event in answer.take():
                        yield event
                    if problem or watchdog.expired:
                        raise problem or self.overdue(first=False)
                    if answer.ended:
                        watchdog.wait_at_most(GOODBYE_SECONDS if answer.over else LAST_WORDS_SECONDS)
                    elif first:
                        watchdog.wait_at_most(self.config.between_tokens_seconds)
                    else:
                        watchdog.resume()
                    first = False
                    if len(chunk) < FULL_CHUNK_BYTES and not answer.ended:
                        rest_reading(response)
        except asyncio.CancelledError:
            if not watchdog.take_back():
                raise
            if not answer.ended:
                raise self.overdue(first=first) from None
        except Exception as error:
            if not answer.ended:
                self.fail(error, answering=True)
        finally:
            watchdog.stop()
            await chunks.aclose()
        self.body_ended = True
        if answer.ended:
            return
        rest = reader.rest()
        if first and prefix and not rest.startswith(prefix):
            self.complain(other or rest)
        last = rest[len(prefix) :] if rest.startswith(prefix) else b""
        problem = self.understand([last] if last.strip() else [], answer)
        for event in answer.take():
            yield event
        if not answer.ended:
            raise problem or self.interrupted()

    def understand(self, lines: list[bytes], answer: Answer) -> ModelError | None:
        """Feed lines to the answer, and return what is wrong with the first one that cannot be used."""
        try:
            for line in lines:
                answer.feed(line)
        except Garbage:
            return self.interrupted() if self.body_ended else self.garbage()
        except ServerFailed as failure:
            return self.failed(failure.said)
        return None

    def complain(self, body: bytes) -> None:
        """Raise if a body without one expected line has something else to say than comments."""
        if body.strip() and not body.startswith((b":", b"event", b"id", b"retry")):
            said = message_of(body)
            raise self.failed(said) if said else self.garbage()

    async def close(self) -> None:
        """End the request and its connection, whatever it is at."""
        if not self.opening.done():
            self.opening.cancel()
            await asyncio.wait((self.opening,))
        if not self.opening.cancelled() and not self.opening.exception():
            await self.opening.result().aclose()

    def fail(self, error: Exception, *, answering: bool) -> NoReturn:
        if isinstance(error, ModelError):
            raise error
        problem = explain(error, server=self.server.title, answering=answering)
        if problem is None:
            raise error
        raise problem from error

    def failed(self, said: Any) -> ModelError:
        """Return the error for a server that reports one in the middle of a stream."""
        words = sentence(said, secret=self.server.secret) or "it gave no reason"
        return ModelError("model_error", f"{self.server.title} failed while it answered: {words}", retryable=True)

    def garbage(self) -> ModelError:
        """Return the error for a line that is not what the protocol says."""
        return ModelError("model_protocol", f"{self.server.title} sent something that cannot be understood.")

    def interrupted(self) -> ModelError:
        """Return the error for a stream that ends before it says so."""
        return ModelError(
            "model_interrupted", f"{self.server.title} stopped in the middle of the answer.", retryable=True
        )

    def overdue(self, *, first: bool) -> ModelError:
        """Return the error for the deadline that has passed."""
        title = self.server.title
        if self.loop.time() >= self.done_by:
            limit = self.config.total_seconds
            return ModelError("model_timeout_total", f"The answer took longer than the limit of {limit:g} seconds.")
        if first:
            limit = self.config.first_token_seconds
            detail = f"{title} did not begin to answer within {limit:g} seconds."
            return ModelError("model_timeout_first_token", detail, retryable=True)
        limit = self.config.between_tokens_seconds
        detail = f"{title} said nothing more for {limit:g} seconds."
        return ModelError("model_timeout_between_tokens", detail, retryable=True)


async def chunks_of(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of a body, and what had arrived before a connection broke before the error it broke with."""
    plain = "content-encoding" not in response.headers
    # Past httpx's own layers if there is nothing to unpack.
    chunks: AsyncIterable[bytes] = cast(httpx.AsyncByteStream, response.stream) if plain else response.aiter_bytes()
    try:
        async for chunk in chunks:
            yield chunk
    except (httpx.HTTPError, aiohttp.ClientError):
        if plain and (left := unread(response)):
            yield left
        raise


async def error_body(response: httpx.Response) -> bytes:
    """Return the beginning of an error's body, as far as it comes soon."""
    body = bytearray()
    try:
        async with asyncio.timeout(ERROR_BODY_SECONDS):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_ERROR_BYTES:
                    break
    except (TimeoutError, httpx.HTTPError):
        return b""
    return bytes(body)
