"""News from a process that serves nobody, such as the job worker: handed to the processes that do."""

import asyncio
import logging
from collections.abc import Sequence

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

logger = logging.getLogger(__name__)

# Redis may take this long before it counts as away.
LAYER_SECONDS = 2.0


def group_of(conversation_id: str) -> str:
    """Return the name under which processes hear of a conversation."""
    return f"conversation.{conversation_id}"


def tell(conversation_id: str, news: Sequence[dict]) -> None:
    """Tell the serving processes, if there is a way to them; without one, pages see it when they are loaded again."""
    if not settings.REDIS_URL:
        return
    body = {"type": "news", "from": "", "conversation": conversation_id, "news": list(news)}
    try:
        async_to_sync(_send)(group_of(conversation_id), body)
    except Exception as error:
        logger.warning("News could not be sent to the servers: %s", type(error).__name__)


async def _send(group: str, body: dict) -> None:
    async with asyncio.timeout(LAYER_SECONDS):
        await get_channel_layer().group_send(group, body)
