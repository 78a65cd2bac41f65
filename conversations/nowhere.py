"""What answers at socket addresses that do not exist."""

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer


class NowhereConsumer(AsyncConsumer):
    """A socket address that does not exist."""

    channel_layer_alias = "none"

    async def websocket_connect(self, message) -> None:
        """Refuse."""
        await self.base_send({"type": "websocket.close"})

    async def websocket_disconnect(self, message) -> None:
        """Nothing was opened."""
        raise StopConsumer
