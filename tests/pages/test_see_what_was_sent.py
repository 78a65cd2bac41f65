"""A person sees on the page what of the conversation a model was sent, and how full its window was."""

import re

import pytest

from accounts.models import User
from conversations import events
from conversations.models import ContextDigest, Turn
from conversations.wire import FORMATS

from .conftest import browser_of

pytestmark = pytest.mark.django_db

METER = re.compile(r"<progress[^>]*data-window-meter[^>]*>")


def summarised(turn: Turn, text: str = "Person: My name is Alice.") -> ContextDigest:
    """Let a turn have been answered with a digest."""
    digest = ContextDigest.objects.create(
        conversation=turn.conversation, through=turn, text=text, turns=6, messages=12, tokens=60
    )
    Turn.objects.filter(pk=turn.pk).update(digest=digest, condensed=12, verbatim=4)
    return digest


def page_of(turn: Turn, alice: User) -> str:
    return browser_of(alice).get(f"/chat/{turn.conversation_id}/").content.decode()


def end_as_told(turn: Turn) -> str:
    """Return what a socket tells the page of the end of a turn."""
    event = events.turn_finished(Turn.objects.with_messages().get(pk=turn.pk))
    return FORMATS["html"].event(event | {"finished_at": "2026-11-21T12:00:00+00:00"})


@pytest.mark.parametrize("where", ["page", "socket"])
def test_what_was_summarised_can_be_unfolded(talk, alice, where):
    summarised(talk, "Person: My name is <Alice>.")
    text = page_of(talk, alice) if where == "page" else end_as_told(talk).replace('\\"', '"')
    assert "12 earlier messages summarised" in text
    assert "My name is &lt;Alice&gt;." in text
    assert "the 4 messages after them as they are" in text


def test_nothing_is_said_where_everything_was_sent(talk, alice):
    text = page_of(talk, alice)
    assert "summarised" not in text
    assert "did not fit" not in text


def test_what_was_left_out_is_counted(talk, alice):
    Turn.objects.update(left_out=3)
    assert "3 earlier messages did not fit" in page_of(talk, alice)


def test_a_cut_prompt_and_a_cut_answer_are_told_in_a_sentence(talk, alice):
    Turn.objects.update(truncated="prompt")
    assert "The model server read only a part of what it was sent" in page_of(talk, alice)
    Turn.objects.update(truncated="answer", finish_reason="length")
    text = page_of(talk, alice)
    assert "Ended because the model’s window was full" in text
    assert "length limit" not in text


def test_the_meter_shows_how_full_the_window_was(talk, alice):
    Turn.objects.update(window=8192, window_used=3120)
    (meter,) = METER.findall(page_of(talk, alice))
    assert 'max="8192" value="3120"' in meter
    assert 'aria-label="Context window: 3,120 of 8,192 tokens used"' in meter
    assert " hidden" not in meter


@pytest.mark.parametrize("known", [{}, {"window": 8192}, {"window_used": 3120}])
def test_the_meter_is_hidden_while_nobody_knows(talk, alice, known):
    Turn.objects.update(**known)
    (meter,) = METER.findall(page_of(talk, alice))
    assert " hidden" in meter
