"""Reading an answer while it is written: whatever is lost, doubled or late on the way, the text ends to the letter."""

import json
import time
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.live import feeds
from conversations.rendering import blocks
from conversations.wire import FORMATS
from tests.conversations.live_stage import Stage
from tests.support.client import Reader

# A busy machine proves nothing against the text.
in_its_own_time = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# What models say: words, and every mark that can change how earlier text is to be read.
PIECES = (
    "word ", "é", "e\u0301", "👩‍🔬", "数据", " ", "\n", "\n\n", "# ", "- ", "1. ", "> ", "```python\n", "```\n",
    "~~~\n", "| a | b |\n", "|---|---|\n", "**", "`", "$x^2$", "[a]: https://example.org\n", "[a]", "===\n", "---\n",
    "<b>", "\\",
)  # fmt: skip
pieces = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


class Clock:
    """A clock for the renderer's share of the time, which goes on by one second at each look."""

    def __init__(self) -> None:
        self.now = time.perf_counter()
        self.pace = 0.0

    def perf_counter(self) -> float:
        self.now += self.pace
        return self.now


def told(stage: Stage, reader: Reader) -> None:
    """End the answer for a reader that got only some of the frames: the end, then what it asks for."""
    missed = reader.apply(json.loads(FORMATS["text"].event(stage.completed)))
    if missed:
        assert missed["type"] == "sync"
        assert missed["message"] == str(stage.row.pk)
        reader.apply(json.loads(FORMATS["text"].kept(stage.row)))


@in_its_own_time
@given(data=st.data(), texts=st.lists(pieces, min_size=1, max_size=40))
def test_any_loss_doubling_or_order_of_deltas_and_snapshots_ends_exact(data, texts):
    stage = Stage()
    seat = stage.join("text")
    frames = []
    for text in texts:
        stage.say(text)
        frames += seat.drain()
        if data.draw(st.booleans()):
            frames.append(json.loads(FORMATS["text"].snapshot(stage.message)))
    stage.complete()
    mangled = data.draw(st.lists(st.sampled_from(frames), max_size=2 * len(frames)))
    for frame in mangled:
        missed = seat.apply(frame)
        assert stage.message.text.startswith(seat.said.text)
        if missed and data.draw(st.booleans()):
            seat.apply(json.loads(FORMATS["text"].snapshot(stage.message)))
    told(stage, seat.reader)
    assert seat.said.exact
    assert seat.said.text == "".join(texts)


@in_its_own_time
@given(data=st.data(), texts=st.lists(pieces, min_size=1, max_size=60))
def test_readers_that_join_and_read_whenever_they_like_have_the_text_so_far(data, texts):
    stage = Stage()
    seats = []
    for text in texts:
        stage.say(text)
        if data.draw(st.booleans()):
            stage.checkpoint()
        if len(seats) < 4 and data.draw(st.booleans()):
            seats.append(stage.join("text"))
            assert seats[-1].said.text == stage.message.text
        for seat in seats:
            if data.draw(st.booleans()):
                seat.catch_up()
                assert seat.said.text == stage.message.text
                assert seat.said.gaps == 0
    stage.complete()
    for seat in seats:
        seat.catch_up()
        assert seat.said.exact
        assert seat.said.gaps == 0


@in_its_own_time
@given(data=st.data(), texts=st.lists(pieces, min_size=1, max_size=40))
def test_pages_that_join_and_read_whenever_they_like_show_the_same_blocks(data, texts):
    stage, clock = Stage(), Clock()
    seats = []
    with patch.object(feeds, "time", clock):
        for text in texts:
            # At times rendering counts as slow, so that steps are told without their blocks.
            clock.pace = data.draw(st.sampled_from([0.0, 1.0]))
            stage.say(text)
            clock.now += data.draw(st.sampled_from([0.0, 100.0]))
            if data.draw(st.booleans()):
                stage.checkpoint()
            if len(seats) < 4 and data.draw(st.booleans()):
                seats.append(stage.join("html"))
            for seat in seats:
                if data.draw(st.booleans()):
                    seat.catch_up()
                    assert seat.reader.blocks == stage.message.blocks.blocks
                    assert seat.reader.seq == stage.message.seq
    stage.complete()
    for seat in seats:
        seat.catch_up()
        assert seat.reader.blocks == blocks(stage.message.text)
        assert seat.reader.status == "complete"


@in_its_own_time
@given(data=st.data(), texts=st.lists(pieces, min_size=1, max_size=30))
def test_a_page_that_asks_for_the_whole_never_puts_another_page_out_of_step(data, texts):
    stage = Stage()
    calm, nervous = stage.join("html"), stage.join("html")
    for text in texts:
        stage.say(text)
        if data.draw(st.booleans()):
            # As the consumer does it when a reader sends `sync`.
            nervous.watcher.have[stage.message.id] = -1
            nervous.watcher.grew(stage.message)
        for seat in (calm, nervous):
            seat.catch_up()
        assert calm.reader.blocks == nervous.reader.blocks == stage.message.blocks.blocks


def test_a_page_is_never_emptied_because_rendering_was_slow():
    stage, clock = Stage(), Clock()
    seat = stage.join("html")
    with patch.object(feeds, "time", clock):
        clock.pace = 1.0
        stage.say("A first paragraph.\n\n")
        seat.catch_up()
        stage.message.replace(stage.message.seq, stage.message.text, "")
        stage.say("A second one.")
        seat.catch_up()
    assert seat.reader.blocks[0] == "<p>A first paragraph.</p>"
