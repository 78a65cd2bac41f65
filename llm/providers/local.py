"""Models of this machine: llama.cpp in a process of its own, over OpenAI's protocol on loopback."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import httpx
import orjson

from ..config import Config
from ..connections import PerLoop, http_options
from ..errors import ModelError
from ..events import Event, Stage
from ..local.engines import MISSING, Running, installed
from ..local.fit import in_words
from ..local.gguf import NotAModel
from ..local.shelf import Entry, ShelfError
from ..local.site import PROVIDER, Site
from ..tokens import estimate_prompt
from ..upstream import Server, Upstream
from ..values import Message, Model, Options, Tool
from ..wire import decode
from .openai_wire import OpenAIAnswer, chat_request
from .pictures import require_sight

TELL_SECONDS = 0.3
# A question that is read sooner needs no figures.
TELLING_TOKENS = 256
PROGRESS = b'"prompt_progress"'


class LocalProvider:
    """The models that lie in one folder of this machine."""

    name = PROVIDER

    def __init__(self, config: Config) -> None:
        self.config = config
        self.site = Site(config)
        self.shelf, self.engines = self.site.shelf, self.site.engines
        self.clients = PerLoop(self.open_client)
        # The id of the model that was chosen for new conversations, None if none was.
        self.preferred: str | None = None

    def open_client(self) -> httpx.AsyncClient:
        options = http_options(base_url="http://127.0.0.1", connect_seconds=self.config.connect_seconds)
        return httpx.AsyncClient(headers={"Accept-Encoding": "identity"}, **options)

    async def close(self) -> None:
        """Close the connections of the running loop; processes with models end with this one."""
        if client := self.clients.take():
            await client.aclose()

    async def models(self) -> list[Model]:
        """Return the models that can be loaded, with the window that each of them has, or would get now."""
        found = await asyncio.to_thread(self.look)
        if found and not installed():
            raise ModelError("model_misconfigured", MISSING)
        return found

    def look(self) -> list[Model]:
        """Return the models of the folder."""
        used = self.shelf.used()
        self.preferred = f"{self.name}/{used}" if used else None
        return [self.model_of(entry) for entry in self.shelf.entries()]

    def model_of(self, entry: Entry) -> Model:
        """Return a model as it is offered."""
        return Model(
            id=f"{self.name}/{entry.name}",
            name=entry.name,
            provider=self.name,
            capabilities=entry.capabilities,
            context_length=entry.header.number("context_length") or None,
            description=in_words(entry.size),
            window=self.site.window(entry),
        )

    async def stream(
        self, *, model: str, messages: Sequence[Message], tools: Sequence[Tool] = (), options: Options
    ) -> AsyncGenerator[Event, None]:
        """Stream one answer; raise `ModelError` when it cannot be had whole."""
        entry = await asyncio.to_thread(self.open, model)
        sees = "vision" in entry.capabilities
        require_sight(messages=messages, model=model, sees=sees)
        body = orjson.dumps(
            chat_request(messages=messages, tools=tools, options=options, sees=sees)
            | {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        )
        again = True
        while True:
            if (engine := self.engines.running(entry)) is None:
                starting = asyncio.create_task(self.engines.ready(entry, wanted=self.site.wanted_window(entry)))
                async with aclosing(self.loading(entry, starting)) as stages:
                    async for stage in stages:
                        yield stage
                engine = starting.result()
            answer = LocalAnswer()
            send = sender(self.clients.get(), engine, body)
            server = Server(f"The model {entry.name}", engine.key)
            asking = Upstream(send=send, config=self.config, server=server, model=model)
            try:
                async with asking as upstream:
                    yield Stage("reading")
                    async with aclosing(upstream.events(answer, prefix=b"data:")) as events:
                        async for event in events:
                            yield event
                self.engines.settle(engine)
                break
            except (asyncio.CancelledError, GeneratorExit):
                if answer.written:
                    self.engines.settle(engine)
                raise
            except ModelError as error:
                # It had ended just before it was asked: nobody has lost anything, so it is started again, once.
                if not again or error.code != "model_unreachable":
                    raise
                again = False
                await asyncio.to_thread(self.engines.forget_dead, entry.name)
        yield answer.finish(expected=estimate_prompt(messages, tools))

    async def loading(self, entry: Entry, starting: asyncio.Task[Running]) -> AsyncGenerator[Stage, None]:
        """Tell how much of a model is in memory, until it answers; raises what keeps it from that."""
        try:
            while not starting.done():
                share = self.engines.share(entry)
                yield Stage("loading", {"share": round(share, 2)} if share else {})
                await asyncio.wait((starting,), timeout=TELL_SECONDS)
            starting.result()
        finally:
            starting.cancel()

    def open(self, name: str) -> Entry:
        """Return a model of the folder; raises ModelError."""
        try:
            return self.shelf.open(name)
        except ShelfError as error:
            raise ModelError("model_not_found", str(error)) from None
        except (NotAModel, OSError) as error:
            raise ModelError("model_refused", str(error)) from None


def sender(client: httpx.AsyncClient, engine: Running, body: bytes) -> Any:
    """Return what asks a process, each time it is called."""

    async def send() -> httpx.Response:
        engine.touch()
        request = client.build_request(
            "POST",
            f"{engine.url}/v1/chat/completions",
            content=body,
            headers={"Authorization": f"Bearer {engine.key}", "Content-Type": "application/json"},
        )
        return await client.send(request, stream=True)

    return send


class LocalAnswer(OpenAIAnswer):
    """An answer of llama.cpp, which also tells how much of the question it has read."""

    def feed(self, line: bytes) -> None:
        """Take the data of one event."""
        if PROGRESS in line:
            self.progress(decode(line))
        super().feed(line)

    def progress(self, value: Any) -> None:
        """Take how many tokens have been read, of how many, and how many of them it still knew."""
        try:
            total, cached, read = (value["prompt_progress"][name] for name in ("total", "cache", "processed"))
        except (KeyError, TypeError):
            return
        if total - cached >= TELLING_TOKENS:
            self.flush()
            self.events.append(Stage("reading", {"share": round((read - cached) / (total - cached), 2)}))
