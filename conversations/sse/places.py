"""How far a reader is in a message, to the letter: what the `id` of an event says and `Last-Event-ID` brings back."""

import re
from typing import NamedTuple

from ..live import LiveMessage

_ID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([0-9]{1,9}):([0-9]{1,9}):([0-9]{1,9})")


class Place(NamedTuple):
    """The step that a reader heard last, and how many characters of text and of thinking it has."""

    seq: int
    length: int
    thinking_length: int

    def is_within(self, message: LiveMessage) -> bool:
        """Whether the message continues what this reader has; after a crash it may have become shorter."""
        return (
            self.seq <= message.seq
            and self.length <= len(message.text)
            and self.thinking_length <= len(message.thinking)
        )


START = Place(0, 0, 0)


def end_of(message: LiveMessage) -> Place:
    """Return the place of a reader who has all there is of a message."""
    return Place(message.seq, len(message.text), len(message.thinking))


def write(message_id: str, place: Place) -> str:
    """Return a place as the id of an event."""
    return f"{message_id}:{place.seq}:{place.length}:{place.thinking_length}"


def read(last_event_id: str) -> dict[str, Place]:
    """Return the place that an id of ours says, by its message; empty for anything else."""
    found = _ID.fullmatch(last_event_id)
    if found is None:
        return {}
    seq, length, thinking_length = map(int, found.groups()[1:])
    return {found[1]: Place(seq, length, thinking_length)}
