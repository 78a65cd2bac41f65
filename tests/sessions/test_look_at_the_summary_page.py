"""The summary page: what a session came to, for its owner alone, with a model's words as words."""

import datetime
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import summary_charts
from conversations.models import Conversation, Job, Quota, Summary, Turn
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401

from .conftest import answered, ended

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>\"'&{{ 7 }}"


@pytest.fixture
def browser(alice) -> Client:
    return browser_of(alice)


def address(turn, call: str = "summary/") -> str:
    return f"/chat/{turn.conversation_id}/{call}"


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def see(browser: Client, turn, query: str = "") -> str:
    answer = browser.get(address(turn) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def write(summary: Summary, **fields) -> None:
    """Let the summary be written."""
    usual = {"state": "ready", "by": "model", "model": "ollama/fast:latest", "text": "It was about the tide."}
    usual |= {"topics": ["Tide"], "sentiment": "positive", "outcomes": ["Two metres"], "written_at": timezone.now()}
    Summary.objects.filter(pk=summary.pk).update(**usual | fields)
    Job.objects.update(state="done")


def test_it_shows_what_the_session_came_to(browser, talk):
    Turn.objects.update(mode="tutorial")
    write(ended(talk))
    html = see(browser, talk)
    said = words(html)
    assert "Questions by kind of help: Tutorial 1 (100%)" in html
    for part in ("It was about the tide.", "Tide", "Positive", "Two metres", "Written by fast.", "Messages 2"):
        assert part in said
    for event in ("Question How high is the tide at noon?", "Answer fast · 1.0 s", "Session ended", "Summary written"):
        assert event in said
    assert "Seconds for each answer: 1.0" in html
    assert "hx-get" not in html.partition('id="summary-words"')[2].partition("</section>")[0]


def test_while_it_is_written_the_page_looks_again_by_itself(browser, talk):
    ended(talk)
    html = see(browser, talk)
    assert "The summary is being written." in html
    assert f'hx-get="{address(talk)}" hx-trigger="every 2s"' in html
    assert re.search(r'<button class="button" type="submit" disabled>', html)


def test_one_that_is_tried_again_in_an_hour_is_not_waited_for(browser, talk):
    ended(talk)
    Job.objects.update(due_at=timezone.now() + datetime.timedelta(hours=1))
    assert "every 2s" not in see(browser, talk)


def test_one_from_its_own_sentences_says_so(browser, talk):
    write(ended(talk), state="partial", by="extract", model="")
    assert "no model has written a summary" in words(see(browser, talk))


def test_a_session_that_goes_on_can_be_ended_here(browser, talk):
    html = see(browser, talk)
    assert "This session goes on" in html
    assert browser.post(address(talk, "end/"))["Location"] == address(talk)
    assert Conversation.objects.get().status == "completed"
    assert "This session goes on" not in see(browser, talk)


def test_one_that_cannot_end_yet_says_why(browser, alice):
    turn = answered(alice, status="running", finished_at=None)
    browser.post(address(turn, "end/"))
    assert "An answer is still being written." in words(see(browser, turn))
    assert "An answer is still being written." not in words(see(browser, turn))


def test_one_that_has_gone_on_since_says_so(browser, talk, alice):
    write(ended(talk))
    answered(alice, conversation_id=talk.conversation_id)
    assert "This session has gone on since" in see(browser, talk)


def test_it_can_be_written_again_with_a_button(browser, talk):
    write(ended(talk))
    assert browser.post(address(talk, "summary/again/"))["Location"] == address(talk)
    assert Job.objects.get().state == "queued"
    html = see(browser, talk)
    assert "A new one is being written; this one stays until then." in html
    assert "It was about the tide." in html


def test_what_cannot_be_written_again_says_why(browser, talk, alice):
    browser.post(address(talk, "summary/again/"))
    assert "There is no summary yet" in words(see(browser, talk))
    write(ended(talk))
    Quota.objects.create(user=alice, tokens_per_day=0)
    browser.post(address(talk, "summary/again/"))
    assert "Your tokens for today are used up." in words(see(browser, talk))


def test_stars_are_a_form(browser, talk):
    assert browser.post(address(talk, "rate/"), {"rating": "4"})["Location"] == address(talk)
    html = see(browser, talk)
    assert 'value="4" checked' in html
    assert html.partition('class="stars"')[2].partition("</fieldset>")[0].count(" checked") == 1
    assert "Rated 4 of 5 stars" in words(html)


@pytest.mark.parametrize("rating", ["", "0", "6", "44", "x", "²", "-1", "4.0"])
def test_other_ratings_are_refused(browser, talk, rating):
    browser.post(address(talk, "rate/"), {"rating": rating})
    assert Conversation.objects.get().rating is None
    assert "A rating is a number from 1 to 5." in words(see(browser, talk))


def test_a_models_words_are_words(browser, alice):
    turn = answered(alice, HOSTILE, HOSTILE, error_detail=HOSTILE, status="failed", model=f"ollama/{HOSTILE}")
    write(ended(turn), text=HOSTILE, topics=[HOSTILE], outcomes=[HOSTILE], model=f"ollama/{HOSTILE}")
    Conversation.objects.update(title=HOSTILE)
    html = see(browser, turn)
    assert "<img src=x" not in html
    assert "<script>alert" not in html
    assert html.count("&lt;img src=x") >= 5


def test_it_has_no_inline_style_and_no_inline_script(browser, talk):
    write(ended(talk))
    html = see(browser, talk)
    assert "style=" not in html
    assert all("nonce=" in tag or "src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_a_long_timeline_goes_on_on_the_next_page(browser, alice, talk):
    for number in range(45):
        answered(alice, f"Question {number}", conversation_id=talk.conversation_id)
    html = see(browser, talk)
    assert "Question 44" not in html
    later = re.search(r'href="[^"]*\?(after=[^"#]+)#sum-time"', html)[1]
    html = see(browser, talk, f"?{later}")
    assert "Question 44" in html
    assert "Show what came later" not in html


@pytest.mark.parametrize("after", ["x", "~", "2026-01-01~x", "2026-99-01T00:00:00+00:00~" + "0" * 32])
def test_no_other_place_of_the_timeline_is_known(browser, talk, after):
    assert browser.get(address(talk), {"after": after}).status_code == 400


def test_it_takes_as_many_queries_for_a_long_session(browser, alice, talk):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            see(browser, talk)
        return len(captured)

    write(ended(talk))
    before = queries()
    for _ in range(10):
        answered(alice, conversation_id=talk.conversation_id)
    Conversation.objects.update(status="completed")
    assert queries() == before


@pytest.mark.parametrize("call", ["summary/", "summary/again/", "rate/", "end/"])
def test_nobody_else_sees_or_changes_it(bob, client, talk, call):
    write(ended(talk))
    for visitor, status in ((browser_of(bob), 404), (client, 302)):
        send = visitor.get if call == "summary/" else visitor.post
        answer = send(address(talk, call))
        assert answer.status_code == status
        assert b"tide" not in answer.content
    assert Conversation.objects.get().rating is None
    assert Job.objects.get().state == "done"


def test_the_chat_page_says_that_a_session_has_ended(browser, talk):
    def hidden() -> dict[str, bool]:
        html = browser.get(address(talk, "")).content.decode()
        tags = {
            name: re.search(rf"<[^>]* {name}[ >][^<]*", html)[0]
            for name in ("data-ended", "data-ended-badge", "data-end")
        }
        return {name: " hidden>" in tag for name, tag in tags.items()}

    assert hidden() == {"data-ended": True, "data-ended-badge": True, "data-end": False}
    ended(talk)
    assert hidden() == {"data-ended": False, "data-ended-badge": False, "data-end": True}


# -- The picture ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("milliseconds", [[0], [1], [999, 1000, 1001], [10**7], list(range(100))])
def test_every_bar_fits_the_picture(milliseconds):
    chart = summary_charts.times(milliseconds)
    assert len(chart.bars) == min(len(milliseconds), summary_charts.ANSWERS)
    for bar in chart.bars:
        y, height = float(bar.y[:-1]), float(bar.height[:-1])
        assert y >= summary_charts.SKY - 0.01
        assert y + height == pytest.approx(summary_charts.GROUND, abs=0.02)
    assert chart.bars[-1].title == f"Answer {len(milliseconds)}: {milliseconds[-1] / 1000:.1f} s"


def test_without_answers_there_is_no_picture():
    assert summary_charts.times([]) is None
