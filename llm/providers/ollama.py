"""Ollama over its own protocol, `/api/chat`: the one that reports errors in a stream and takes `num_ctx`."""

import asyncio
import base64
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import httpx
import ollama
import orjson

from .. import windows
from ..answers import Answer, Garbage
from ..config import Config
from ..connections import PerLoop, explain, http_options, refuse
from ..errors import ModelError
from ..events import Event, Finished, Stage
from ..tokens import estimate_prompt
from ..upstream import Server, Upstream
from ..values import Embedded, Message, Model, Options, Tool
from ..wire import decode
from .calls import read_call, wire_tool
from .pictures import require_sight, text_without_sight

logger = logging.getLogger(__name__)

SERVER = Server("Ollama")
COMPLETION = frozenset({"completion"})
SHOWS_AT_ONCE = 8
SHOW_SECONDS = 1.2
PATIENCE_SECONDS = 0.3  # a model that is loaded has usually begun to answer by then
LOADING_POLL_SECONDS = 1.0
NANOSECONDS_PER_MS = 1_000_000
HALF_WINDOW = 0.55
TELLING_TOKENS = 256  # a count of fewer says nothing about our estimate
# OpenAI has more levels of thinking than Ollama takes.
LEVELS: dict[bool | str, bool | str] = {"none": False, "minimal": "low", "xhigh": "high"}
DURATIONS = {
    "total_duration": "total_ms",
    "load_duration": "load_ms",
    "prompt_eval_duration": "prompt_ms",
    "eval_duration": "answer_ms",
}


class Client(ollama.AsyncClient):
    """The ollama package's client with two more calls, whose answers are left as they came.

    Its own `chat(stream=True)` makes a pydantic model of every token: 10 µs of CPU each, a third of the whole way
    from the socket to the browser. Address, headers and connections stay the package's business.
    """

    async def send_chat(self, body: dict[str, Any]) -> httpx.Response:
        """Return the response to a streamed chat as soon as its head is there."""
        request = self._client.build_request("POST", "/api/chat", content=orjson.dumps(body))
        return await self._client.send(request, stream=True)

    async def send_embed(self, body: dict[str, Any]) -> httpx.Response:
        """Return the response to a request for vectors, whatever its status; the package looks at every number."""
        return await self._client.post("/api/embed", content=orjson.dumps(body))


class OllamaProvider:
    """The models of one Ollama server."""

    name = "ollama"

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clients = PerLoop(self.open_client)
        self.shown: dict[tuple[str, str], Model] = {}
        self.known: dict[str, Model] = {}
        # The windows of the models that are loaded, in tokens: it may have given less than it was asked for.
        self.allocated: dict[str, int] = {}

    def open_client(self) -> Client:
        options = http_options(base_url=self.config.ollama_base_url, connect_seconds=self.config.connect_seconds)
        return Client(self.config.ollama_base_url, headers={"Accept-Encoding": "identity"}, **options)

    async def close(self) -> None:
        """Close the connections of the running loop."""
        if client := self.clients.take():
            await client.close()

    async def models(self) -> list[Model]:
        """Return the models that can chat; each is asked for its abilities once, and again when it has changed."""
        try:
            tags = (await self.clients.get().list()).models
        except Exception as error:
            raise self.explained(error) from error
        entries = [(tag.model, tag.digest or "", description(tag.details)) for tag in tags if tag.model]
        gate = asyncio.Semaphore(SHOWS_AT_ONCE)

        async def learn(name: str, digest: str, about: str) -> None:
            async with gate:
                self.shown[name, digest] = await self.show(name=name, about=about)

        unknown = [asyncio.create_task(learn(*entry)) for entry in entries if entry[:2] not in self.shown]
        unknown.append(asyncio.create_task(self.look_at_loaded()))
        try:
            await asyncio.wait(unknown, timeout=SHOW_SECONDS)
        finally:
            for task in unknown:
                task.cancel()
            await asyncio.gather(*unknown, return_exceptions=True)
        found = [
            self.with_window(self.shown.get((name, digest)) or basic(name=name, about=about))
            for name, digest, about in entries
        ]
        current = {entry[:2] for entry in entries}
        self.shown = {key: model for key, model in self.shown.items() if key in current}
        self.known = {model.name: model for model in found}
        return [model for model in found if "completion" in model.capabilities]

    async def show(self, *, name: str, about: str = "") -> Model:
        """Return what Ollama says about one model."""
        shown = await self.clients.get().show(name)
        lengths = (value for key, value in (shown.modelinfo or {}).items() if key.endswith(".context_length"))
        return Model(
            id=f"ollama/{name}",
            name=name,
            provider="ollama",
            capabilities=frozenset(shown.capabilities or COMPLETION),
            context_length=next((length for length in lengths if isinstance(length, int)), None),
            description=about,
        )

    async def look_at_loaded(self) -> None:
        """Take down the windows of the models that are loaded; Ollama says so since version 0.11."""
        running = (await self.clients.get().ps()).models
        self.allocated = {each.model: each.context_length for each in running if each.model and each.context_length}

    def with_window(self, model: Model) -> Model:
        """Return the model with the window that its requests have, in tokens."""
        wanted = windows.asked(self.config, provider=self.name, name=model.name, trained=model.context_length)
        return replace(model, window=min(wanted, self.allocated_to(model.name) or wanted))

    def allocated_to(self, name: str) -> int | None:
        """Return the window that a model was loaded with, None if it is not loaded or nobody knows."""
        return self.allocated.get(name) or self.allocated.get(f"{name}{windows.LATEST}")

    async def look_up(self, name: str) -> Model:
        """Return a model by name; one that was never listed is asked for, one that cannot tell counts as plain."""
        found = self.known.get(name) or self.known.get(f"{name}:latest")
        if found is None:
            try:
                async with asyncio.timeout(self.config.connect_seconds + SHOW_SECONDS):
                    found = self.known[name] = self.with_window(await self.show(name=name))
            except (ollama.ResponseError, TimeoutError):
                # The chat request meets the same trouble and reports it in full.
                found = basic(name=name)
            except Exception as error:
                raise self.explained(error) from error
        return found

    def explained(self, error: Exception) -> ModelError:
        return explain(error, server=SERVER.title, answering=False) or ModelError(
            "model_protocol", "Ollama did not say which models it has."
        )

    async def stream(
        self, *, model: str, messages: Sequence[Message], tools: Sequence[Tool] = (), options: Options
    ) -> AsyncGenerator[Event, None]:
        """Stream one answer; raise `ModelError` when it cannot be had whole."""
        request = chat_request(
            model=await self.look_up(model), messages=messages, tools=tools, options=options, config=self.config
        )
        client = self.clients.get()
        answer = OllamaAnswer()
        asking = Upstream(send=lambda: client.send_chat(request), config=self.config, server=SERVER, model=model)
        async with asking as upstream:
            yield Stage("reading")
            if not await upstream.answered(within=PATIENCE_SECONDS):
                async for stage in self.stages(upstream=upstream, model=model):
                    yield stage
            async with aclosing(upstream.events(answer)) as events:
                async for event in events:
                    yield event
        expected = estimate_prompt(messages, tools)
        if answer.has_read_less(than=expected):
            await self.look_again()
        asked = request["options"]["num_ctx"]
        window = min(asked, self.allocated_to(model) or asked)
        finished = answer.finish(expected=expected, window=window)
        if window < asked:
            finished.timings["window"] = window
        yield finished

    async def embed(self, *, model: str, texts: Sequence[str]) -> Embedded:
        """Return what texts mean; the end of a text that is too long for the model is left out. Raises ModelError."""
        body: dict[str, Any] = {"model": model, "input": list(texts), "truncate": True}
        if self.config.keep_alive:
            body["keep_alive"] = self.config.keep_alive
        try:
            response = await self.clients.get().send_embed(body)
            status, content = response.status_code, response.content
            if status == 200:
                told = orjson.loads(content)
                return Embedded(told["embeddings"], told.get("prompt_eval_count"))
        except Exception as error:
            raise explain(error, server=SERVER.title, answering=False) or ModelError(
                "model_protocol", f"{SERVER.title} sent something that cannot be understood."
            ) from error
        raise refuse(status=status, headers=response.headers, body=content, server=SERVER.title, model=model)

    async def look_again(self) -> None:
        """Look at what is loaded, if that can be had soon: a small window explains a small count."""
        try:
            async with asyncio.timeout(SHOW_SECONDS):
                await self.look_at_loaded()
        except Exception:
            # The answer is whole; that its window is not known takes nothing from it.
            logger.debug("Ollama does not say what it has loaded", exc_info=True)

    async def stages(self, *, upstream: Upstream, model: str) -> AsyncIterator[Stage]:
        """Tell that the model is being loaded, and when it no longer is, until the answer begins."""
        loading = False
        while not upstream.late:
            loaded = await self.is_loaded(upstream=upstream, model=model)
            if loaded == loading:
                loading = not loaded
                yield Stage("reading" if loaded else "loading")
            if loaded or await upstream.answered(within=LOADING_POLL_SECONDS):
                return

    async def is_loaded(self, *, upstream: Upstream, model: str) -> bool:
        """Tell whether the model is in memory; yes when Ollama cannot say, or has begun to answer meanwhile."""
        asking = asyncio.create_task(self.clients.get().ps())
        try:
            await asyncio.wait((asking, upstream.opening), timeout=SHOW_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done() or asking.exception():
                return True
            return bool({running.model for running in asking.result().models} & {model, f"{model}:latest"})
        finally:
            asking.cancel()


def basic(*, name: str, about: str = "") -> Model:
    """Return a model of which only the name is known."""
    return Model(f"ollama/{name}", name, "ollama", COMPLETION, None, about)


def description(details: Any) -> str:
    """Return a model's size and quantization, as far as they are known."""
    parts = (getattr(details, "parameter_size", None), getattr(details, "quantization_level", None))
    return " ".join(part for part in parts if part)


def chat_request(
    *, model: Model, messages: Sequence[Message], tools: Sequence[Tool], options: Options, config: Config
) -> dict[str, Any]:
    """Return the body of a chat request; ModelError if its question has a picture that the model cannot see."""
    if options.tool_choice is not None:
        raise ModelError("model_refused", "Ollama lets a model choose by itself whether to call a tool.")
    if options.capabilities is not None:
        model = replace(model, capabilities=options.capabilities)
    vision = "vision" in model.capabilities
    require_sight(messages=messages, model=model.name, sees=vision)
    trained = model.context_length
    window = options.context_length or windows.asked(config, provider="ollama", name=model.name, trained=trained)
    settings = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "num_predict": options.max_tokens,
        "seed": options.seed,
        "stop": list(options.stop) or None,
        # Always: the default depends on the memory of the graphics card. The same for every request of a model,
        # because another value loads the model anew.
        "num_ctx": min(window, trained or window),
    }
    body: dict[str, Any] = {
        "model": model.name,
        "messages": [wire_message(message, vision=vision) for message in messages],
        "stream": True,
        # By default Ollama drops the oldest messages without a word; an error is better than a forgotten question.
        # `shift` is left alone: another value than the neighbours' loads the model anew.
        "truncate": False,
        "options": {name: value for name, value in settings.items() if value is not None},
    }
    if config.keep_alive:
        body["keep_alive"] = config.keep_alive
    if options.think is not None and "thinking" in model.capabilities:
        body["think"] = LEVELS.get(options.think, options.think)
    if options.format is not None:
        body["format"] = options.format
    if tools:
        body["tools"] = [wire_tool(tool) for tool in tools]
    return body


def wire_message(message: Message, *, vision: bool) -> dict[str, Any]:
    """Return a message as Ollama takes it: bare base64 images, arguments as objects, thinking beside tool calls."""
    wire: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images:
        if vision:
            wire["images"] = [base64.b64encode(image).decode() for image in message.images]
        else:
            wire["content"] = text_without_sight(message)
    if message.tool_calls:
        wire["thinking"] = message.thinking
        wire["tool_calls"] = [
            {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}} for call in message.tool_calls
        ]
    if message.role == "tool":
        wire["tool_name"] = message.tool_name
        wire["tool_call_id"] = message.tool_call_id
    return wire


class OllamaAnswer(Answer):
    """An answer as Ollama streams it: a JSON object a line, the counters in the one that says `done`."""

    def feed(self, line: bytes) -> None:
        """Take one line."""
        try:
            value = decode(line)
            error = value.get("error")
            message = value.get("message") or {}
            thinking = message.get("thinking")
            text = message.get("content")
            calls = message.get("tool_calls")
        except (ValueError, AttributeError):
            raise Garbage from None
        self.say(error=error, thinking=thinking, text=text)
        for call in calls if isinstance(calls, list) else ():
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                self.add_call(
                    read_call(id=call.get("id"), name=function.get("name"), arguments=function.get("arguments"))
                )
        if value.get("done"):
            self.last = value
            self.ended = self.over = True

    def has_read_less(self, *, than: int) -> bool:
        """Tell whether the server counted less than half of so many tokens, if they are enough to tell."""
        counted = self.last.get("prompt_eval_count")
        return isinstance(counted, int) and than >= TELLING_TOKENS and counted * 2 < than

    def finish(self, *, expected: int, window: int) -> Finished:
        """Return the end of a whole answer: reason, counters, durations in ms, `truncated` if the prompt was cut.

        `expected` is our estimate of the prompt's tokens, `window` the number of tokens it had to fit.
        """
        last = self.last
        usage = self.usage_of(
            prompt=last.get("prompt_eval_count"),
            completion=last.get("eval_count"),
            cached=last.get("prompt_eval_cached_count"),
            expected=expected,
        )
        timings: dict[str, Any] = {
            name: last[duration] // NANOSECONDS_PER_MS
            for duration, name in DURATIONS.items()
            if isinstance(last.get(duration), int)
        }
        if usage.exact and is_truncated(usage.prompt_tokens, expected=expected, window=window, silent=not self.written):
            timings["truncated"] = True
        reason = last.get("done_reason")
        reason = "tool_calls" if self.called else reason if reason and isinstance(reason, str) else "stop"
        return Finished(reason=reason, usage=usage, timings=timings)


def is_truncated(prompt_tokens: int, *, expected: int, window: int, silent: bool) -> bool:
    """Tell whether Ollama cut a prompt, which it tells nobody.

    Then the count fills the window and nothing came, or it is half of a window that the prompt had outgrown.
    """
    if prompt_tokens >= window - 1:
        return silent
    return expected > window and prompt_tokens <= window * HALF_WINDOW
