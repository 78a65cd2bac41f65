"""Reading a stream in pieces: wherever it is cut, what is read from there on gives the text to the letter."""

import uuid
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations import snapshots
from conversations.models import Message, Turn
from conversations.sse import places
from conversations.sse.formats import Sse
from conversations.sse.places import Place
from conversations.sse.stream import Stream
from tests.conversations.live_stage import Stage
from tests.support.streams import Listener, parse

# A busy machine proves nothing against the text.
in_its_own_time = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

MESSAGE = "6f1c1f5e-0000-4000-8000-000000000001"
pieces = st.lists(
    st.sampled_from(["word ", "é", "e\u0301", "👩‍🔬", "数据", "\n", "\r\n", "\u2028", "\n\n", "data: ", "id: x\n"]),
    min_size=1,
    max_size=5,
).map("".join)


class Connection:
    """One connection to the stream of a stage's conversation: what it was sent is what its reader got, or less."""

    def __init__(self, stage: Stage, last_event_id: str):
        self.stage = stage
        person = SimpleNamespace(pk=uuid.uuid4())
        self.stream = Stream(
            credential=SimpleNamespace(user=person),
            conversation_id=stage.conversation.id,
            turn=None,
            format=Sse(),
            places=places.read(last_event_id),
        )
        self.stream.feed = stage.feed
        stage.feed.watchers.add(self.stream.outbox)
        self.blocks: list[str] = self.stand()

    def stand(self) -> list[str]:
        """Return the frames that begin the stream, made of the row as it is and of what is live."""
        stage = self.stage
        stage.turn._prefetched_objects_cache = {"messages": Messages([stage.row])}
        self.stream.outbox.lost = False
        stand = snapshots.Stand(
            conversation=stage.conversation,
            branch=[stage.turn],
            recent={str(stage.turn.id): str(stage.turn.status)},
            last=stage.turn,
            messages=[stage.row],
        )
        begun = [stage.turn] if str(stage.row.pk) in self.stream.outbox.places else []
        return [frame for frame in self.stream._tell(stand, begun) if frame]

    def take(self) -> None:
        """Send what waits."""
        if self.stream.outbox.lost:
            self.blocks += self.stand()
        self.blocks += self.stream.outbox.take()

    def cut(self, listener: Listener, keep: float) -> None:
        """End the connection; the reader got the first part of what was sent, in whole events."""
        self.stage.feed.watchers.discard(self.stream.outbox)
        for block in self.blocks[: round(len(self.blocks) * keep)]:
            for text in block.split("\n\n")[:-1]:
                if event := parse(text):
                    listener.apply(event)


class Messages(list):
    """A turn's messages as if they had been fetched."""

    def all(self):
        return self


@in_its_own_time
@given(data=st.data(), texts=st.lists(pieces, min_size=1, max_size=100))
def test_deltas_read_over_any_number_of_cut_connections_give_the_text_to_the_letter(data, texts):
    stage, listener = Stage(), Listener()
    connection = Connection(stage, "")
    for text in texts:
        stage.message.advance(stage.message.seq + 1, text, data.draw(st.sampled_from(["", "hm ", "é"])))
        match data.draw(st.sampled_from(["nothing", "nothing", "take", "checkpoint", "cut", "lose"])):
            case "take":
                connection.take()
            case "checkpoint":
                stage.checkpoint()
                stage.row.thinking = stage.message.thinking
            case "cut":
                if data.draw(st.booleans()):
                    connection.take()
                connection.cut(listener, data.draw(st.floats(0, 1)))
                connection = Connection(stage, listener.last_id)
            case "lose":
                connection.stream.outbox.lose()
    stage.row.thinking = stage.message.thinking
    stage.complete()
    if data.draw(st.booleans()):
        connection.cut(listener, data.draw(st.floats(0, 1)))
        connection = Connection(stage, listener.last_id)
        if not listener.last_id:
            # Whoever has heard nothing of a finished answer reads it where finished answers are.
            return
    connection.take()
    connection.cut(listener, 1)
    assert listener.texts.get(str(stage.row.pk), "") == "".join(texts)
    assert listener.thinking.get(str(stage.row.pk), "") == stage.message.thinking
    assert listener.exact


def test_a_reader_who_comes_back_is_sent_only_what_it_lacks():
    stage, listener = Stage(), Listener()
    connection = Connection(stage, "")
    stage.say("The sea is calm tonight. " * 100)
    connection.take()
    connection.cut(listener, 1)
    for _ in range(200):
        stage.say("wave ")
    again = Connection(stage, listener.last_id)
    assert "calm" not in "".join(again.blocks)
    again.cut(listener, 1)
    assert listener.texts[str(stage.row.pk)] == stage.message.text


def test_a_text_that_became_shorter_after_a_crash_replaces_what_the_reader_has():
    stage, listener = Stage(), Listener()
    connection = Connection(stage, "")
    stage.say("This was kept.")
    stage.checkpoint()
    stage.say(" This was not.")
    connection.take()
    connection.cut(listener, 1)
    # Another process reads the row, marked as interrupted.
    stage.feed.messages.clear()
    stage.row.status, stage.turn.status = Message.Status.INTERRUPTED, Turn.Status.INTERRUPTED
    again = Connection(stage, listener.last_id)
    again.cut(listener, 1)
    assert listener.kinds[-3:] == ["message.snapshot", "message.completed", "turn.finished"]
    assert listener.texts[str(stage.row.pk)] == "This was kept."
    assert listener.exact


def test_words_that_got_lost_between_processes_come_from_the_row_before_the_end():
    stage, listener = Stage(), Listener()
    connection = Connection(stage, "")
    stage.say("The first half")
    connection.take()
    # The step is in the row, but this process never heard of it.
    stage.row.text, stage.row.seq = "The first half and the second.", 2
    stage.row.status, stage.turn.status = Message.Status.COMPLETE, Turn.Status.COMPLETED
    stage.feed.messages.clear()
    stage.feed.deliver({**stage.completed, "content": stage.row.text, "seq": 2})
    connection.take()
    assert connection.stream.outbox.lost
    connection.take()
    connection.cut(listener, 1)
    assert listener.texts[str(stage.row.pk)] == stage.row.text
    assert listener.exact


def test_readers_of_the_same_step_share_one_frame():
    stage = Stage()
    first, second = Connection(stage, ""), Connection(stage, "")
    stage.say("Hello")
    first.take()
    second.take()
    assert first.blocks[-1] is second.blocks[-1]


def test_a_place_is_read_as_it_was_written():
    assert places.read(places.write(MESSAGE, Place(7, 120, 3))) == {MESSAGE: Place(7, 120, 3)}


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "x",
        MESSAGE,
        f"{MESSAGE}:1:2",
        f"{MESSAGE}:1:2:3:4",
        f"{MESSAGE}:-1:2:3",
        f"{MESSAGE}:1:2:٣",
        f"{MESSAGE}:1:2:3\n",
        f"{MESSAGE}:1:2:3\x00",
        f"{MESSAGE}:9999999999:2:3",
        f"{MESSAGE.upper()}:1:2:3",
        "7" * 10_000,
    ],
)
def test_an_id_that_is_not_ours_says_nothing(garbage):
    assert places.read(garbage) == {}


def test_steps_that_come_after_the_end_was_told_from_the_row_are_not_told_again():
    stage, listener = Stage(), Listener()
    connection = Connection(stage, "")
    stage.say("All of it.")
    connection.stream.outbox.lose()
    message = stage.message
    stage.complete()
    connection.take()
    stage.feed.wake(message)
    connection.take()
    connection.cut(listener, 1)
    assert listener.texts[str(stage.row.pk)] == "All of it."
    assert listener.exact
