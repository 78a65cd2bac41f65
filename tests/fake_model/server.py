"""The fake model server: routes of both protocols, scripted replies, and a record of every request."""

import asyncio
import json
import time
from dataclasses import asdict
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import embeddings, ollama, openai, speech, text
from .behaviours import NAMED, Behaviour, behaviour_of, from_json
from .http import Exchange
from .playback import Playback, Reply, Seen
from .said import compose, count_prompt

VERSION = "0.33.0"


class FakeModel:
    """A model server on `url`; use as an async context manager in a test, or `serve_forever` in a process."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        self.connections: set[Exchange] = set()
        # The only model of OpenAI's protocol, where it is to be llama.cpp's server with one model; empty: all of them.
        self.only = ""
        self.reset()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def chats(self) -> list[Seen]:
        """The chat requests received so far, of both protocols, oldest first."""
        return [seen for seen in self.seen if seen.path in ("/api/chat", "/v1/chat/completions")]

    @property
    def embedded(self) -> list[Seen]:
        """The requests for vectors received so far, of both protocols, oldest first."""
        return [seen for seen in self.seen if seen.path in ("/api/embed", "/v1/embeddings")]

    def script(self, **reply: Any) -> None:
        """Queue one reply, given by fields of `Behaviour`, for the next chat request."""
        self.replies.append(reply)

    def reset(self) -> None:
        """Forget scripts and requests."""
        self.replies: list[dict[str, Any]] = []
        self.seen: list[Seen] = []
        self.loaded_at: dict[str, float] = {}
        # Words that mean the same, in groups.
        self.synonyms: list[list[str]] = []
        self.names = list(NAMED)
        self.held: list[Playback] = []

    def release(self) -> None:
        """Let the answers that are held go on to their ends."""
        held, self.held = self.held, []
        for playback in held:
            playback.release()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(
            lambda: Exchange(self.handle, self.connections), self.host, self.port, backlog=1024
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.server.close()
        for exchange in list(self.connections):
            exchange.transport.abort()
        await self.server.wait_closed()

    async def __aenter__(self) -> "FakeModel":
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    def handle(self, exchange: Exchange, method: str, target: str, raw_body: bytes) -> None:
        parts = urlsplit(target)
        if parts.path == "/v1/audio/transcriptions":
            self.transcribe(exchange, raw_body)
            return
        try:
            body = json.loads(raw_body) if raw_body else {}
        except ValueError:
            exchange.send_json({"error": "invalid JSON"}, status=400)
            return
        match method, parts.path:
            case "POST", "/api/chat" | "/v1/chat/completions":
                self.chat(exchange, parts.path, body)
                return
            case "POST", "/api/embed" | "/v1/embeddings":
                self.embed(exchange, parts.path, body)
                return
            case "POST", "/_synonyms":
                self.synonyms = body
                exchange.send_json({})
                return
            case "GET" | "HEAD", "/":
                exchange.send_json("Ollama is running")
            case "GET", "/api/version":
                exchange.send_json({"version": VERSION})
            case "GET", "/api/tags":
                exchange.send_json(ollama.listing(self.names))
            case "GET", "/v1/models":
                exchange.send_json(openai.listing(self.only))
            case "GET", "/props" if self.only:
                exchange.send_json({"default_generation_settings": {"n_ctx": openai.SLOT_CONTEXT}, "total_slots": 1})
            case "GET", "/api/ps":
                exchange.send_json(ollama.running(names=self.loaded_names()))
            case "POST", "/api/show":
                self.show(exchange, body.get("model", ""))
            case "POST", "/api/pull":
                self.pull(exchange, body)
                return
            case "DELETE", "/api/delete":
                self.delete(exchange, str(body.get("model", "")))
            case "POST", "/_script":
                self.replies.extend(body if isinstance(body, list) else [body])
                exchange.send_json({"queued": len(self.replies)})
                return
            case "DELETE", "/_script":
                exchange.send_json(self.replies)
                self.replies = []
                return
            case "POST", "/_release":
                self.release()
                exchange.send_json({})
                return
            case "POST", "/_reset":
                self.reset()
                exchange.send_json({})
                return
            case "GET", "/_seen":
                exchange.send_json([asdict(seen) for seen in self.seen])
                return
            case "GET", "/_text":
                exchange.send_json(expected({name: values[0] for name, values in parse_qs(parts.query).items()}))
                return
            case _:
                exchange.send_json({"error": "404 page not found"}, status=404)
        self.seen.append(Seen(id=len(self.seen), path=parts.path, model=str(body.get("model", "")), body=body))

    def transcribe(self, exchange: Exchange, raw_body: bytes) -> None:
        boundary = raw_body.partition(b"\r\n")[0].removeprefix(b"--").decode()
        fields = speech.read(f"multipart/form-data; boundary={boundary}", raw_body)
        self.seen.append(Seen(id=len(self.seen), path="/v1/audio/transcriptions", model=fields["model"], body=fields))
        if fields["model"] == speech.BROKEN:
            exchange.send_json({"error": {"message": "out of breath", "type": "server_error"}}, status=500)
        else:
            exchange.send_json({"text": f" {speech.SAID}"})

    def embed(self, exchange: Exchange, path: str, body: dict[str, Any]) -> None:
        model = str(body.get("model", "")).removesuffix(":latest")
        seen = Seen(id=len(self.seen), path=path, model=model, body=body)
        self.seen.append(seen)
        behaviour = embeddings.behaviour_for(model)
        if behaviour and behaviour.drop:
            seen.end("cut")
            exchange.transport.close()
            return
        native, texts = path == "/api/embed", embeddings.texts_of(body)
        status, problem = embeddings.refusal(model, behaviour, texts)
        if behaviour and behaviour.delay:
            # It takes the request and does not answer in any time that a test has.
            exchange.on_gone = partial(seen.end, "client gone")
            return
        if status != 200:
            error: Any = problem if native else {"message": problem, "type": "error", "param": None, "code": None}
            exchange.send_json({"error": error}, status=status)
            seen.end("refused")
            return
        vectors = [embeddings.vector(model, each, self.synonyms) for each in texts]
        if embeddings.STRANGE in model:
            vectors = embeddings.strange(vectors)
        words = sum(len(each.split()) for each in texts)
        if native:
            exchange.send_json(embeddings.native(model, vectors, words))
        else:
            exchange.send_json(embeddings.openai(model, vectors, words, body.get("encoding_format", "float")))
        seen.end("done")

    def loaded_names(self) -> list[str]:
        now = time.monotonic()
        names = {name for name in NAMED if not name.startswith("loading")}
        return sorted(names | {name for name, at in self.loaded_at.items() if now >= at})

    def show(self, exchange: Exchange, model: str) -> None:
        behaviour = behaviour_of(model)
        if behaviour is None:
            exchange.send_json({"error": f"model '{model}' not found"}, status=404)
        else:
            exchange.send_json(ollama.shown(behaviour=behaviour))

    def delete(self, exchange: Exchange, model: str) -> None:
        name = model.removesuffix(":latest")
        if name not in self.names:
            exchange.send_json({"error": f"model '{model}' not found"}, status=404)
            return
        self.names.remove(name)
        exchange.send_empty()

    def pull(self, exchange: Exchange, body: dict[str, Any]) -> None:
        model = str(body.get("model", ""))
        seen = Seen(id=len(self.seen), path="/api/pull", model=model, body=body)
        self.seen.append(seen)
        lines = ollama.pulling(model=model)
        behaviour = ollama.pulling_like(model=model)
        if b'"success"' in lines[-1] and behaviour.end == "done":
            self.names.append(model)
        reply = Reply(
            pieces=lines[:-1], tail=lines[-1] if behaviour.end == "done" else b"", content_type="application/x-ndjson"
        )
        Playback(exchange=exchange, behaviour=behaviour, reply=reply, seen=seen).start()

    def chat(self, exchange: Exchange, path: str, body: dict[str, Any]) -> None:
        model = str(body.get("model", "")).removesuffix(":latest")
        seen = Seen(id=len(self.seen), path=path, model=model, body=body)
        self.seen.append(seen)
        native = path == "/api/chat"
        behaviour = behaviour_of(model)
        if self.replies:
            behaviour = from_json(self.replies.pop(0), base=behaviour or Behaviour())
        if behaviour and behaviour.drop:
            seen.end("cut")
            exchange.transport.close()
            return
        status, problem = refusal(model=model, behaviour=behaviour, body=body, native=native)
        if behaviour is None or problem or status != 200:
            headers = "Location: /elsewhere\r\n" if status == 302 else ""
            if behaviour and behaviour.retry_after:
                headers += f"Retry-After: {behaviour.retry_after}\r\n"
            error: Any = problem if native else {"message": problem, "type": "error", "param": None, "code": None}
            exchange.send_json({"error": error}, status=status, headers=headers)
            seen.end("refused")
            return
        messages = body.get("messages") or []
        if native and not messages:
            exchange.send_json(ollama.loaded(model=model))
            seen.end("done")
            return
        if behaviour.load_seconds and model not in self.loaded_at:
            self.loaded_at[model] = time.monotonic() + behaviour.load_seconds
        self.answer(exchange, native=native, model=model, behaviour=behaviour, body=body, seen=seen)

    def answer(
        self, exchange: Exchange, *, native: bool, model: str, behaviour: Behaviour, body: dict[str, Any], seen: Seen
    ) -> None:
        messages = body["messages"]
        said = compose(
            model=model,
            behaviour=behaviour,
            messages=messages,
            tools=bool(body.get("tools")),
            # For models that think, a missing `think` means true.
            think=body.get("think", True) is not False,
            schema=body.get("format") if native else response_schema(body),
        )
        wire = ollama if native else openai
        prompt_words = count_prompt(messages, behaviour)
        if not body.get("stream", native):
            exchange.send_json(wire.whole(model=model, behaviour=behaviour, said=said, prompt_words=prompt_words))
            seen.tokens_sent = len(said.tokens)
            seen.end("done")
            return
        if behaviour.raw_body is not None:
            reply = Reply(pieces=behaviour.raw_body.splitlines(keepends=True), tail=b"", content_type="text/plain")
        elif native:
            reply = ollama.reply(model=model, behaviour=behaviour, said=said, prompt_words=prompt_words)
        else:
            include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
            reply = openai.reply(
                model=model, behaviour=behaviour, said=said, prompt_words=prompt_words, include_usage=include_usage
            )
        playback = Playback(exchange=exchange, behaviour=behaviour, reply=reply, seen=seen)
        if playback.stop_at is not None:
            self.held.append(playback)
        playback.start()


def refusal(*, model: str, behaviour: Behaviour | None, body: dict[str, Any], native: bool) -> tuple[int, str]:
    """Return the status and the error of a request that is refused, (200, "") otherwise."""
    if behaviour is None:
        return 404, f"model '{model}' not found" if native else f"The model `{model}` does not exist"
    if behaviour.status != 200:
        return behaviour.status, behaviour.error
    if native and body.get("think") and "thinking" not in behaviour.capabilities:
        return 400, f'"{model}" does not support thinking'
    if native and body.get("tools") and "tools" not in behaviour.capabilities:
        return 400, f"registry.ollama.ai/library/{model}:latest does not support tools"
    if behaviour.reject_switch and "chat_template_kwargs" in body:
        return 400, "property 'chat_template_kwargs' is unsupported"
    if behaviour.reject_usage and "stream_options" in body:
        return 400, "Unrecognized request argument supplied: stream_options"
    if behaviour.reject_tools and body.get("tools"):
        return 400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
    return 200, ""


def response_schema(body: dict[str, Any]) -> Any:
    """Return the JSON schema of an OpenAI request's `response_format`, None without one."""
    wanted = body.get("response_format") or {}
    return (wanted.get("json_schema") or {}).get("schema") if wanted.get("type") == "json_schema" else None


@lru_cache(maxsize=256)
def expected_for(model: str, message: str) -> dict[str, Any]:
    whole = text.answer_text(model=model, message=message)
    return {
        "text": whole,
        "thinking": text.thinking_text(model=model, message=message),
        "tokens": len(text.answer_tokens(model=model, message=message)),
        "sha256": sha256(whole.encode()).hexdigest(),
    }


def expected(query: dict[str, str]) -> dict[str, Any]:
    """Return what a generated answer will be: text, thinking, number of tokens and the text's digest."""
    return expected_for(query.get("model", ""), query.get("message", ""))
