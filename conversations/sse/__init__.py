"""Answers over HTTP: what happens in a conversation, told as server-sent events."""

from .formats import Pieces
from .response import CONTENT_TYPE, HEADERS, EventStreamRenderer, response
from .stream import check_room, go_down

__all__ = [
    "CONTENT_TYPE",
    "HEADERS",
    "EventStreamRenderer",
    "Pieces",
    "check_room",
    "go_down",
    "response",
]
