"""The one entrance: pages and API over HTTP, live answers over WebSocket, and what happens at start and stop."""

import logging
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

# The apps are ready only now.
from conversations import runner  # noqa: E402
from conversations.routing import websocket_urlpatterns  # noqa: E402
from llm.catalog import Catalog  # noqa: E402
from llm.config import from_settings  # noqa: E402

logger = logging.getLogger(__name__)


async def lifespan(scope, receive, send) -> None:
    """Start the engine with the server, and drain it when the server goes down."""
    engine = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            engine = await runner.start(Catalog(from_settings()))
            engine.refresh_catalog()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if engine is not None:
                await engine.drain()
            await send({"type": "lifespan.shutdown.complete"})
            return


application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns), "lifespan": lifespan})
