"""The one entrance: pages and API over HTTP, live answers over WebSocket, and what happens at start and stop."""

import asyncio
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

import django
from channels.routing import ProtocolTypeRouter, URLRouter

django.setup(set_prefix=False)

# The apps are ready only now.
from chatsite.handler import Handler  # noqa: E402
from conversations import presence, runner  # noqa: E402
from conversations.routing import websocket_urlpatterns  # noqa: E402
from conversations.v1 import caller  # noqa: E402
from llm.catalog import Catalog  # noqa: E402
from llm.config import from_settings  # noqa: E402

_pages_and_sockets = ProtocolTypeRouter({"http": Handler(), "websocket": URLRouter(websocket_urlpatterns)})
_starting = asyncio.Lock()


async def application(scope, receive, send) -> None:
    """Serve one connection; the engine starts with the server, or with its first connection if it tells no start."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    if runner.current() is None:
        await start_engine()
    await _pages_and_sockets(scope, receive, send)


async def start_engine() -> None:
    """Start this process's engine, once."""
    async with _starting:
        if runner.current() is None:
            engine = await runner.start(Catalog(from_settings()))
            engine.refresh_catalog()


async def lifespan(receive, send) -> None:
    """Start the engine with the server, and drain it when the server goes down."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await start_engine()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await caller.drain()
            await presence.close()
            engine = runner.current()
            if engine is not None:
                await engine.drain()
            await send({"type": "lifespan.shutdown.complete"})
            return
