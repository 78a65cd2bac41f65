"""Whoever reads an answer along: they may for as long as what let them in is valid."""

import asyncio
from typing import Protocol

from accounts.credentials import Credential
from chatsite.threads import in_database

from .. import doorkeeper, sockets
from .sources import Source


class Answer(Source, Protocol):
    """An answer that can end for its reader before it ends."""

    def turn_away(self, why: Exception) -> None:
        """Let `next` raise why the reader may not read on."""


class Reader:
    """The answer for one reader, which ends with an error when their key is revoked or their account disabled."""

    # A client that takes nothing is cut off by the server's HTTP.
    stalled = False

    def __init__(self, source: Answer, credential: Credential) -> None:
        self.id = source.id
        self.model = source.model
        self.prompt_tokens = source.prompt_tokens
        self.next = source.next
        self.user = credential.user
        self.credential = credential
        self._source = source
        self._tasks: set[asyncio.Task] = set()
        sockets.look_after(self)

    async def turn_out(self) -> None:
        """End the answer because this person signed out, or may not sign in any more."""
        self._source.turn_away(await in_database(doorkeeper.why_out, self.credential))

    async def turn_out_slow(self) -> None:
        """Nothing: it is never found stalled."""

    def keep(self, task: asyncio.Task) -> None:
        """Hold a task for as long as it runs."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Read no more of it."""
        sockets.leave(self)
        self._source.close()
