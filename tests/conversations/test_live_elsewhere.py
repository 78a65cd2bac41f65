"""Reading in one process what another one writes: the way between them may lose anything, the text stays right."""

import copy
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.live import Feed, Watcher, mirror
from conversations.wire import FORMATS
from tests.conversations.live_stage import Seat, Stage

# A busy machine proves nothing against the text.
in_its_own_time = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

words = st.lists(st.sampled_from(["word ", "é", "👩‍🔬", "\n\n", "```\n", "- "]), min_size=1, max_size=5).map("".join)


class Elsewhere:
    """The same conversation in a process that only hears of it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.feed = Feed(stage.feed.id)
        self.feed.told[str(stage.turn.pk)] = "running"
        self.whole_asked = 0

    def hear(self, event: dict) -> None:
        """Take in news as the relay does; what is missing is asked for."""
        if not mirror.hear(self.feed, copy.deepcopy(event)):
            self.whole_asked += 1

    def read(self) -> Seat:
        """Return a reader that is here from the beginning."""
        seat = Seat(stage=self.stage, watcher=Watcher(FORMATS["text"]))
        self.feed.watchers.add(seat.watcher)
        return seat

    @property
    def text(self) -> str:
        """What this process holds of the answer."""
        message = self.feed.messages.get(self.stage.message.id)
        return message.text if message else ""


def step(stage: Stage, *numbered: tuple[int, str, str]) -> dict:
    """Return the news of some steps of the answer, as they travel."""
    return {
        "type": "message.deltas",
        "message": stage.message.id,
        "turn": str(stage.turn.pk),
        "deltas": [list(one) for one in numbered],
    }


@in_its_own_time
@given(data=st.data(), texts=st.lists(words, min_size=1, max_size=40))
def test_whatever_the_way_loses_doubles_or_turns_round_the_text_is_never_wrong(data, texts):
    stage = Stage()
    elsewhere = Elsewhere(stage)
    seat = elsewhere.read()
    sent = []
    for number, text in enumerate(texts, 1):
        stage.say(text)
        sent.append(step(stage, (number, text, "")))
        if data.draw(st.booleans()):
            sent.append(mirror.whole(stage.message))
    for event in data.draw(st.lists(st.sampled_from(sent), max_size=2 * len(sent))):
        elsewhere.hear(event)
        assert stage.message.text.startswith(elsewhere.text)
        if data.draw(st.booleans()):
            seat.catch_up()
            assert not elsewhere.text or seat.said.text == elsewhere.text
    stage.complete()
    elsewhere.feed.deliver(stage.completed)
    seat.catch_up()
    if not seat.said.exact:
        # The digest differs, so the reader asks, and is answered from the row.
        seat.apply(json.loads(FORMATS["text"].kept(stage.row)))
    assert seat.said.exact


@in_its_own_time
@given(data=st.data(), texts=st.lists(words, min_size=2, max_size=30))
def test_a_gap_is_noticed_and_a_whole_text_closes_it(data, texts):
    stage = Stage()
    elsewhere = Elsewhere(stage)
    lost = data.draw(st.integers(min_value=0, max_value=len(texts) - 2))
    for number, text in enumerate(texts):
        stage.say(text)
        if number != lost:
            elsewhere.hear(step(stage, (number + 1, text, "")))
    assert elsewhere.whole_asked
    elsewhere.hear(mirror.whole(stage.message))
    assert elsewhere.text == stage.message.text


def test_an_older_whole_text_does_not_take_anything_back():
    stage = Stage()
    elsewhere = Elsewhere(stage)
    stage.say("The beginning ")
    old = mirror.whole(stage.message)
    stage.say("and the rest.")
    elsewhere.hear(mirror.whole(stage.message))
    elsewhere.hear(old)
    assert elsewhere.text == "The beginning and the rest."


def test_news_of_an_answer_that_is_over_opens_nothing():
    stage = Stage()
    elsewhere = Elsewhere(stage)
    stage.say("All of it.")
    late = step(stage, (1, "All of it.", ""))
    elsewhere.feed.told[str(stage.turn.pk)] = "completed"
    elsewhere.hear(late)
    assert elsewhere.feed.messages == {}


def test_a_process_does_not_take_its_own_answer_from_others():
    stage = Stage()
    stage.say("Mine.")
    assert mirror.hear(stage.feed, step(stage, (1, "Theirs.", ""), (2, " And more.", "")))
    assert stage.message.text == "Mine."
