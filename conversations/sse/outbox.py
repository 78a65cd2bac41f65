"""The outbox of one stream: it knows where its reader is in each message, so that it need not tell a text twice."""

from collections.abc import Iterator

from .. import events
from ..live import LiveMessage, Watcher
from . import places
from .formats import Sse
from .places import START, Place


class Outbox(Watcher):
    """Collects what the reader of a stream has not seen yet; `turn` is the one with whose end the stream ends."""

    format: Sse

    def __init__(self, format: Sse, *, turn: str, places: dict[str, Place]):
        super().__init__(format)
        self.turn = turn
        # Where the reader is in each answer that it has not heard the end of.
        self.places = places
        # Answers whose end was told from their rows, and where the reader is since then.
        self._ended: dict[str, Place] = {}
        # Set once the turn has ended for this reader.
        self.over = False

    def wake(self) -> None:
        """Let the writer look again, although nothing new is to be told."""
        self._ready.set()

    def end(self, message: LiveMessage) -> Place:
        """Return where the reader was in a message that is told to its end now; what still waits of it is old."""
        self._ended[message.id] = places.end_of(message)
        return self.places.pop(message.id, START)

    def _news(self, event: dict) -> Iterator[str]:
        match event["type"]:
            case "message.created" if events.begins_answer(event):
                self.places.setdefault(event["message"], START)
            case "message.completed":
                place = self.places.setdefault(event["message"], self._ended.get(event["message"], START))
                if place.length != len(event["content"]):
                    # Words got lost between processes. The row has them all, and the snapshot tells what is missing.
                    self.lose()
                elif frame := self.format.completed(event, self.places.pop(event["message"])):
                    yield frame
                return
            case "turn.finished" if event["turn"] == self.turn:
                self.over = True
        yield from super()._news(event)

    def _catch_up(self, message: LiveMessage) -> Iterator[str]:
        if message.id in self._ended:
            # A step that came late. If it is more than the row had, the end that follows will say so.
            return
        place = self.places.get(message.id, START)
        self.places[message.id] = places.end_of(message)
        steps, kept = message.seq - place.seq, message.deltas
        if 0 < steps <= len(kept):
            for behind in range(steps, 0, -1):
                if frame := self._frame(message, kept[-behind]):
                    yield frame
        elif frame := self.format.rest(message, place):
            yield frame
