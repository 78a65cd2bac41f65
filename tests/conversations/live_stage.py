"""A conversation's feed without a server: one answer that grows, readers that join, and the frames they get."""

import json
import uuid
from datetime import UTC, datetime

from conversations import events, snapshots
from conversations.live import Feed, Watcher
from conversations.models import Conversation, Message, Turn
from conversations.wire import FORMATS
from tests.support.client import Reader, Said


class Page:
    """What a browser page holds of one answer: HTML blocks, put together from frames."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.seq = 0
        self.status = "streaming"

    def apply(self, frame: dict) -> None:
        """Take in one frame about the answer, as the page's script does."""
        match frame["type"]:
            case "conversation.snapshot":
                for message in frame["messages"]:
                    self.blocks, self.seq = list(message["blocks"]), message["seq"]
            case "message.delta" if frame["seq"] == self.seq + 1:
                self.blocks[frame["from"] :] = frame["blocks"]
                self.seq = frame["seq"]
            case "message.snapshot":
                self.blocks, self.seq = list(frame["blocks"]), frame["seq"]
            case "message.completed":
                self.blocks, self.status = list(frame["blocks"]), frame["status"]


class Stage:
    """One running answer in this process, and the row that is kept of it now and then."""

    def __init__(self) -> None:
        self.conversation = Conversation(id=uuid.uuid4(), title="Tides")
        self.turn = Turn(id=uuid.uuid4(), status=Turn.Status.RUNNING, conversation=self.conversation)
        self.row = Message(
            id=uuid.uuid4(),
            turn=self.turn,
            position=1,
            role=Message.Role.ASSISTANT,
            status=Message.Status.STREAMING,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        self.feed = Feed(str(self.conversation.id))
        self.feed.told[str(self.turn.id)] = "running"
        self.message = self.feed.open(id=str(self.row.id), turn=str(self.turn.id))

    def say(self, text: str) -> None:
        """Let the model say something."""
        self.message.advance(self.message.seq + 1, text, "")

    def checkpoint(self) -> None:
        """Keep in the row what was said so far."""
        self.row.text, self.row.seq = self.message.text, self.message.seq

    def complete(self) -> None:
        """End the answer: its row first, then the news."""
        self.checkpoint()
        self.row.status, self.turn.status = Message.Status.COMPLETE, Turn.Status.COMPLETED
        self.message.status = Message.Status.COMPLETE
        self.feed.deliver(self.completed)

    @property
    def completed(self) -> dict:
        """The news that the answer has its last letter."""
        return events.message_completed(
            message_id=self.row.pk,
            turn_id=self.turn.pk,
            seq=self.message.seq,
            text=self.message.text,
            status="complete",
        )

    def snapshot_for(self, watcher: Watcher) -> dict:
        """Return the frame that a reader starts from, made of the row as it is and of what is live."""
        stand = snapshots.Stand(
            conversation=self.conversation,
            branch=[self.turn],
            recent={str(self.turn.id): str(self.turn.status)},
            last=self.turn,
            messages=[self.row],
        )
        watcher.lost = False
        frame = watcher.format.conversation(snapshots.settle(self.feed, stand, watcher))
        return json.loads(frame)

    def join(self, form: str) -> "Seat":
        """Return a reader that has just joined, in the order in which the consumer does it."""
        seat = Seat(stage=self, watcher=Watcher(FORMATS[form]))
        self.feed.watchers.add(seat.watcher)
        self.feed.html_watchers += seat.watcher.format.html
        seat.apply(self.snapshot_for(seat.watcher))
        return seat


class Seat:
    """One reader: its outbox on the server and what it has put together."""

    def __init__(self, *, stage: Stage, watcher: Watcher) -> None:
        self.stage = stage
        self.watcher = watcher
        self.reader = Page() if watcher.format.html else Reader()

    def apply(self, frame: dict) -> dict | None:
        """Take in one frame; returns the `sync` that the reader sends, if it missed something."""
        return self.reader.apply(frame)

    def drain(self) -> list[dict]:
        """Return the frames that wait, in order, the conversation's snapshot first if the reader was left behind."""
        frames = []
        if self.watcher.lost:
            frames.append(self.stage.snapshot_for(self.watcher))
        return frames + [json.loads(frame) for frame in self.watcher.take()]

    def catch_up(self) -> None:
        """Read everything that waits."""
        for frame in self.drain():
            self.apply(frame)

    @property
    def said(self) -> Said:
        """The answer as this reader has it (text format)."""
        return self.reader.messages[self.stage.message.id]
