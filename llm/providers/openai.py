"""OpenAI's protocol, which Groq, vLLM, llama.cpp and many others speak too.

Importing the SDK takes half a second and 12 MB, so the catalogue imports this module only where such a server is named;
it must not wait for the first request, whose time for an answer it would use up.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import orjson
from openai import APIStatusError, AsyncOpenAI

from .. import windows
from ..config import Config
from ..connections import PerLoop, explain, http_options, refuse
from ..errors import ModelError
from ..events import Event, Stage
from ..tokens import estimate_prompt
from ..upstream import Server, Upstream
from ..values import Embedded, Message, Model, Options, Tool
from .openai_wire import SWITCH, OpenAIAnswer, chat_request
from .pictures import require_sight

logger = logging.getLogger(__name__)

PROPS_SECONDS = 1.0
NO_KEY = "none"  # the SDK insists on one; servers in the house ask for none
OPENAI_HOST = "api.openai.com"
NO_CHAT = ("embed", "whisper", "tts", "dall-e", "moderation", "transcribe", "realtime", "davinci-002", "babbage-002")
SEEING = ("gpt-4o", "gpt-4.1", "gpt-5", "o3", "o4", "vision", "-vl", "llava", "pixtral", "gemma-3", "llama-4", "gemini")


class OpenAIProvider:
    """The models of one OpenAI-compatible server."""

    name = "openai"

    def __init__(self, config: Config) -> None:
        self.config = config
        self.host = urlsplit(config.openai_base_url).hostname or "the model server"
        self.server = Server(f"The model server at {self.host}", config.openai_api_key)
        self.clients = PerLoop(self.open_client)
        self.sees: dict[str, bool] = {}
        self.no_usage: set[str] = set()
        # Models whose servers do not know the switch for thinking.
        self.no_switch: set[str] = set()

    def open_client(self) -> AsyncOpenAI:
        options = http_options(base_url=self.config.openai_base_url, connect_seconds=self.config.connect_seconds)
        http_client = httpx.AsyncClient(headers={"Accept-Encoding": "identity"}, **options)
        return AsyncOpenAI(
            base_url=self.config.openai_base_url,
            api_key=self.config.openai_api_key or NO_KEY,
            max_retries=0,
            timeout=cast(Any, options["timeout"]),
            http_client=cast(Any, http_client),
        )

    async def close(self) -> None:
        """Close the connections of the running loop."""
        if client := self.clients.take():
            await client.close()

    async def models(self) -> list[Model]:
        """Return the models that can chat, with their context length where the server tells it."""
        try:
            async with self.clients.get().models.with_streaming_response.list() as response:
                entries = orjson.loads(await response.read())["data"]
            chatting = [entry for entry in entries if can_chat(entry["id"])]
            props = await self.props(chatting)
            found = [self.read_model(entry, props=props) for entry in chatting]
        except APIStatusError as error:
            raise self.refused(error.response, await error.response.aread(), model="") from error
        except Exception as error:
            raise explain(error, server=self.server.title, answering=False) or ModelError(
                "model_protocol", f"{self.server.title} did not say which models it has."
            ) from error
        self.sees = {model.name: "vision" in model.capabilities for model in found}
        return found

    async def props(self, entries: list[dict[str, Any]]) -> dict[str, Any] | None:
        """Return what llama.cpp says of its only model, if that is what answers and its listing has no window."""
        if len(entries) != 1 or windows.told(entries[0]) or "n_ctx_train" not in (entries[0].get("meta") or {}):
            return None
        root = self.config.openai_base_url.rstrip("/").removesuffix("/v1")
        try:
            async with asyncio.timeout(PROPS_SECONDS):
                response = await self.clients.get().get(f"{root}/props", cast_to=httpx.Response)
            props = orjson.loads(response.content)
        except Exception:
            # It can be asked all the same; its window is what the settings say.
            logger.debug("%s has no /props", self.server.title, exc_info=True)
            return None
        return props if isinstance(props, dict) else None

    def read_model(self, entry: dict[str, Any], *, props: dict[str, Any] | None = None) -> Model:
        """Return a model of the listing, with its window where the server or the settings tell it."""
        name = str(entry["id"])
        meta = entry.get("meta") or {}
        abilities = {"completion", "tools"}
        if any(part in name.lower() for part in SEEING) or "multimodal" in (entry.get("capabilities") or ()):
            abilities.add("vision")
        told, trained = windows.told(entry, props=props), meta.get("n_ctx_train")
        return Model(
            f"openai/{name}",
            name,
            "openai",
            frozenset(abilities),
            trained if windows.is_length(trained) else told,
            str(entry.get("owned_by") or ""),
            windows.configured(self.config, provider="openai", name=name) or told,
        )

    def refused(self, response: Any, body: bytes, *, model: str) -> ModelError:
        return refuse(
            status=response.status_code,
            headers=response.headers,
            body=body,
            server=self.server.title,
            model=model,
            secret=self.server.secret,
        )

    async def stream(
        self, *, model: str, messages: Sequence[Message], tools: Sequence[Tool] = (), options: Options
    ) -> AsyncGenerator[Event, None]:
        """Stream one answer; raise `ModelError` when it cannot be had whole."""
        sees = self.sees.get(model, True) if options.capabilities is None else "vision" in options.capabilities
        require_sight(messages=messages, model=model, sees=sees)
        request = self.request(messages=messages, tools=tools, options=options, sees=sees)
        answer = OpenAIAnswer()
        asking = Upstream(
            send=lambda: self.send(model=model, request=request), config=self.config, server=self.server, model=model
        )
        async with asking as upstream, aclosing(upstream.events(answer, prefix=b"data:")) as events:
            yield Stage("reading")
            async for event in events:
                yield event
        yield answer.finish(expected=estimate_prompt(messages, tools))

    async def embed(self, *, model: str, texts: Sequence[str]) -> Embedded:
        """Return what texts mean; raises ModelError, also for a text that is too long for the model."""
        asking = self.clients.get().embeddings.with_streaming_response.create(
            model=model, input=list(texts), encoding_format="float"
        )
        try:
            async with asking as response:
                told = orjson.loads(await response.read())
            entries = sorted(told["data"], key=lambda entry: entry["index"])
            return Embedded([entry["embedding"] for entry in entries], (told.get("usage") or {}).get("prompt_tokens"))
        except APIStatusError as error:
            raise self.refused(error.response, await error.response.aread(), model=model) from error
        except Exception as error:
            raise explain(error, server=self.server.title, answering=False) or ModelError(
                "model_protocol", f"{self.server.title} sent something that cannot be understood."
            ) from error

    async def send(self, *, model: str, request: dict[str, Any]) -> httpx.Response:
        """Return the response to a streamed chat as soon as its head is there, whatever its status."""
        ask_usage = model not in self.no_usage
        extra = request | {"stream_options": {"include_usage": True}} if ask_usage else request
        if model in self.no_switch:
            extra = {name: value for name, value in extra.items() if name != SWITCH}
        # The body goes round the SDK's parameters: walking the types of 50 messages costs it 8 ms of CPU.
        call = self.clients.get().chat.completions.with_streaming_response.create(
            model=model, messages=[], stream=True, extra_body=extra
        )
        try:
            response = await call.__aenter__()
        except APIStatusError as error:
            refusal = cast(httpx.Response, error.response)
            if ask_usage and refusal.status_code in (400, 422) and b"stream_options" in await refusal.aread():
                self.no_usage.add(model)
                return await self.send(model=model, request=request)
            if SWITCH in extra and refusal.status_code in (400, 422) and SWITCH.encode() in await refusal.aread():
                self.no_switch.add(model)
                return await self.send(model=model, request=request)
            return refusal
        return cast(httpx.Response, response.http_response)

    def request(
        self, *, messages: Sequence[Message], tools: Sequence[Tool], options: Options, sees: bool
    ) -> dict[str, Any]:
        """Return the body of a chat request without model and stream."""
        return chat_request(
            messages=messages, tools=tools, options=options, sees=sees, is_openai=self.host == OPENAI_HOST
        )


def can_chat(name: str) -> bool:
    """Tell whether a model of a listing is one to talk with, by its name: nothing else tells."""
    return not any(part in name.lower() for part in NO_CHAT)
