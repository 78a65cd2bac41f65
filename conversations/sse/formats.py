"""The two forms of a stream: the frames of the protocol as events, and bare pieces of one answer."""

from ..errors import ChatError
from ..live import LiveMessage
from ..live.feeds import Delta
from ..wire import Text, encode
from . import places
from .places import Place

# How long a browser waits before it connects again, in milliseconds.
RETRY_MS = 2000


class Sse(Text):
    """For programs over HTTP: the frames of the text format, with an `id` that says how far the reader is."""

    name = "sse"
    opening = f"retry: {RETRY_MS}\n\n"

    def event(self, event: dict) -> str | None:
        return f"event: {event['type']}\ndata: {super().event(event)}\n\n"

    def delta(self, message: LiveMessage, delta: Delta) -> str | None:
        place = Place(delta.seq, delta.length, delta.thinking_length)
        return _at(message.id, place, "message.delta", super().delta(message, delta))

    def snapshot(self, message: LiveMessage) -> str | None:
        return _at(message.id, places.end_of(message), "message.snapshot", super().snapshot(message))

    def conversation(self, snapshot: dict) -> str | None:
        return f"event: conversation.snapshot\ndata: {super().conversation(snapshot)}\n\n"

    def rest(self, message: LiveMessage, place: Place) -> str | None:
        """Return what a reader lacks of a message: the rest of it, or all of it where that continues nothing."""
        end = places.end_of(message)
        if place == end:
            return None
        if place.seq and place.is_within(message):
            return self.delta(message, _step(message, place))
        return self.snapshot(message)

    def completed(self, event: dict, place: Place) -> str | None:
        """Return the frame that ends a message of which the reader has all."""
        return _at(event["message"], place, "message.completed", super().event(event))

    def failed(self, error: ChatError) -> str:
        """Return the last frame of a stream that cannot go on."""
        told = {"type": "error", "code": error.code, "detail": error.detail, "ref": None, **error.extra}
        return f"event: error\ndata: {encode(told)}\n\n"


class Pieces(Sse):
    """For the simplest of programs: the words of one answer as they come, and how it ended."""

    name = "pieces"
    opening = ""

    def __init__(self, *, conversation: str, turn: str, message: str):
        self._names = {"conversation_id": conversation, "turn": turn, "message": message}
        self._begun = False
        self._sha256 = ""

    def event(self, event: dict) -> str | None:
        if event["type"] != "turn.finished" or event["turn"] != self._names["turn"]:
            return None
        failed = {"error": event["error"]} if event["error"] else {}
        ending = {name: event[name] for name in ("status", "finish_reason", "usage")}
        return _data({**failed, "done": True, **self._names, **ending, "sha256": self._sha256})

    def delta(self, message: LiveMessage, delta: Delta) -> str | None:
        return _data({"content": delta.text}) if delta.text else None

    def conversation(self, snapshot: dict) -> str | None:
        if self._begun:
            return None
        self._begun = True
        return _data(self._names)

    def rest(self, message: LiveMessage, place: Place) -> str | None:
        # A text that became shorter cannot be told in pieces: the digest at the end says so.
        return self.delta(message, _step(message, place)) if message.id == self._names["message"] else None

    def completed(self, event: dict, place: Place) -> str | None:
        if event["message"] == self._names["message"]:
            self._sha256 = event["sha256"]
        return None

    def failed(self, error: ChatError) -> str:
        told = {"code": error.code, "detail": error.detail, **error.extra}
        return _data({"error": told, "done": True, **self._names})


def _step(message: LiveMessage, place: Place) -> Delta:
    """Return all that came after a place as one step."""
    return Delta(
        message.seq,
        message.text[place.length :],
        message.thinking[place.thinking_length :],
        None,
        None,
        length=len(message.text),
        thinking_length=len(message.thinking),
    )


def _at(message_id: str, place: Place, kind: str, data: str | None) -> str:
    return f"id: {places.write(message_id, place)}\nevent: {kind}\ndata: {data}\n\n"


def _data(told: dict) -> str:
    return f"data: {encode(told)}\n\n"
