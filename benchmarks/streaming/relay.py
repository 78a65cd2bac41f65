"""The yardstick: a minimal ASGI WebSocket app that forwards the model's stream and does nothing else.

One shared client, one frame per token, no accounts, no database, no rendering.
"""

import json
import os

import httpx
import ollama
from httpx_aiohttp import AiohttpTransport

_client: ollama.AsyncClient | None = None


def client() -> ollama.AsyncClient:
    """Return the one client of this process, over the same transport that the product uses."""
    global _client
    if _client is None:
        _client = ollama.AsyncClient(
            host=os.environ["OLLAMA_BASE_URL"], transport=AiohttpTransport(limits=httpx.Limits(max_connections=None))
        )
    return _client


async def application(scope, receive, send) -> None:
    """Forward each answer, token by token."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        asked = json.loads(message["text"])
        messages = [{"role": "user", "content": asked["text"]}]
        stream = await client().chat(model=asked["model"], messages=messages, stream=True)
        async for part in stream:
            if part.message.content:
                await send({"type": "websocket.send", "text": part.message.content})
        await send({"type": "websocket.send", "text": ""})
