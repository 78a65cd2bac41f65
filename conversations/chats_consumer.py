"""The WebSocket of a page that shows the list of conversations and none of them: it only hears what goes on there."""

import asyncio

from django.utils.translation import gettext

from . import doorkeeper, frames, live, sockets
from .consumers import TOO_MANY, ConversationConsumer
from .errors import Invalid
from .wire import FORMATS, encode


class ChatsConsumer(ConversationConsumer):
    """One open socket; it takes pings and nothing else."""

    async def _begin(self, entrance: doorkeeper.Entrance) -> None:
        if not sockets.enter(self):
            await self.close(TOO_MANY, "too many open sockets")
            return
        self.watcher = live.Watcher(FORMATS["html"])
        await live.listen(self.user.pk, self.watcher)
        self.joined = True
        self.keep(asyncio.create_task(self._write_forever()))

    async def _may_stay(self) -> bool:
        return True

    async def _tell_snapshot(self) -> None:
        # So much was missed that the page had better look for itself.
        self.watcher.lost = False
        await self.send_text(encode(live.CHATS_CHANGED))

    async def _part(self) -> None:
        await live.hush(self.user.pk, self.watcher)

    async def websocket_receive(self, message) -> None:
        """Answer a ping; anything else is told to be nothing for this socket."""
        if self.closed or not self.joined or not await self._may_speak():
            return
        try:
            frame = frames.read(message.get("text") or "")
            if frame["type"] != "ping":
                raise Invalid(gettext("This socket takes pings only."))
        except frames.BadJson as error:
            await self.tell_error(error)
            await self._strike()
        except Invalid as error:
            await self.tell_error(error)
        else:
            await self.on_ping(frame)
