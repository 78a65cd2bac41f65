"""The tools that an answer calls: each call a row when it begins, and told; its result in the same row."""

import asyncio
import time
import uuid

from llm.events import ToolReturned
from llm.values import ToolCall

from .. import events, live, permits
from ..live import LiveMessage
from ..models import Message
from . import rows
from .insisting import insist

# How often it is looked at whether a person has decided, in whichever process.
LOOK_SECONDS = 0.4


class Rounds:
    """The calls of one answer, in rounds: all that the model asks for before it is told what came of it."""

    def __init__(self, turn_id: uuid.UUID, worker: str, answer: LiveMessage, *, after: int = 0):
        self._turn_id = turn_id
        self._worker = worker
        self._answer = answer
        self._number = after
        # By the id that the model gave them.
        self._waiting: dict[str, list[Message]] = {}
        # Set once nobody answered: whoever is away is not waited for again and again.
        self._nobody = False

    @property
    def is_open(self) -> bool:
        """Whether a tool has been called that has not answered."""
        return any(self._waiting.values())

    async def call(self, call: ToolCall) -> None:
        """Keep a call and tell of it."""
        if not self.is_open:
            self._number += 1
            self._answer.flush()
        message = await insist(
            rows.call,
            uuid.uuid4(),
            turn_id=self._turn_id,
            worker=self._worker,
            answer_id=self._answer.id,
            called=call,
            round_number=self._number,
        )
        if message is None:
            # The turn was ended elsewhere, which the next checkpoint finds out.
            return
        self._waiting.setdefault(call.id, []).append(message)
        self._tell(events.message_created(message), events.tool_called(message))

    async def allowed(self, call: ToolCall, seconds: float) -> bool:
        """Ask the person whether a call may be made, and return what they say within so many seconds; silence is no,
        to all further calls of this answer too."""
        calls = self._waiting.get(call.id)
        if not calls or self._nobody:
            return False
        until = time.monotonic() + seconds
        message = await insist(permits.ask, calls[0])
        self._tell(events.tool_asked(message))
        while message.waits_for_permission:
            if time.monotonic() >= until:
                message = await insist(permits.give_up, message)
                self._nobody = message.tool_run.get("by") == permits.NOBODY
                break
            await asyncio.sleep(LOOK_SECONDS)
            message = await insist(permits.look, message)
        calls[0] = message
        self._tell(events.tool_asked(message))
        return message.tool_run.get("allowed", False)

    async def answered(self, event: ToolReturned) -> None:
        """Keep what a tool answered and tell of it."""
        calls = self._waiting.get(event.call.id)
        if not calls:
            return
        # Models have been seen to give two calls one id.
        message = calls.pop(0)
        kept = await insist(rows.answered, message, result=event.result, ok=event.ok, ms=event.ms)
        self._tell(events.tool_returned(kept))

    def _tell(self, *news: dict) -> None:
        live.publish(self._answer.feed.id, *news)
