"""Whether this process is alive, may take traffic, and how its neighbours are."""

import time

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from conversations import runner, tools

LAYER_SECONDS = 2.0


@never_cache
async def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
async def ready(request: HttpRequest) -> HttpResponse:
    """The process may be given traffic: it can reach its database and is not going down."""
    engine = runner.current()
    database = await _timed(sync_to_async(_ask_database, thread_sensitive=False)())
    fine = database["state"] == "ok" and not (engine is not None and engine.draining)
    return JsonResponse({"status": "ok" if fine else "unavailable"}, status=200 if fine else 503)


@never_cache
async def detail(request: HttpRequest) -> HttpResponse:
    """Each part with its state and how long it took to answer, in milliseconds."""
    parts = {"database": await _timed(sync_to_async(_ask_database, thread_sensitive=False)())}
    parts["channel_layer"] = await _timed(_ask_layer()) if settings.REDIS_URL else {"state": "in_process", "ms": 0}
    engine = runner.current()
    if engine is not None:
        engine.refresh_catalog()
        for name, state in engine.catalog.listing().states.items():
            parts[name] = {"state": state}
        for name, state in tools.outside.states().items():
            parts[f"mcp:{name}"] = {"state": state}
    fine = parts["database"]["state"] == "ok"
    return JsonResponse({"status": "ok" if fine else "unavailable", "parts": parts}, status=200 if fine else 503)


async def _timed(asking) -> dict:
    began = time.perf_counter()
    try:
        await asking
        state = "ok"
    except (DatabaseError, OSError, ConnectionError, TimeoutError):
        state = "unreachable"
    except Exception as error:
        # redis-py's errors share no base with the ones above.
        state = f"failing: {type(error).__name__}"
    return {"state": state, "ms": round((time.perf_counter() - began) * 1000, 1)}


def _ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


async def _ask_layer() -> None:
    await get_channel_layer().group_send("health", {"type": "health"})
