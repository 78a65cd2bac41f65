"""Reloads and lost connections at random moments of an answer: the text is the model's to the letter."""

import hashlib
import random

import pytest
from playwright.sync_api import expect

from tests.fake_model import answer_text

from .screen import Screen

pytestmark = pytest.mark.browser

SEED = 20_261
MOMENTS = 30
LONGEST_PAUSE_MILLISECONDS = 80
TABS = 3


def test_thirty_reloads_and_lost_connections_change_nothing(window, ada, fake):
    dice = random.Random(SEED)
    context = window(ada)
    tabs = [Screen(context.new_page(), ada).open() for _ in range(TABS)]
    moments = 0
    while moments < MOMENTS:
        question = f"Read by somebody restless from moment {moments} on, tokens=1400"
        whole = answer_text(model="paced-200", message=question)
        answered = tabs[0].ends.count() + 1
        fake.hold(answers=TABS, after=0.02)
        for tab in tabs:
            tab.ask(question)
        for tab in tabs:
            tab.writing()
        fake.release()
        while running := [tab for tab in tabs if tab.stop_button.is_visible()]:
            tab = dice.choice(running)
            tab.page.wait_for_timeout(dice.randrange(LONGEST_PAUSE_MILLISECONDS))
            if dice.random() < 0.5:
                tab.reload()
            else:
                tab.close_socket()
            moments += 1
        for tab in tabs:
            expect(tab.ends).to_have_count(answered)
            tab.at_rest()
            assert tab.html() == tab.rendered(whole)
            assert tab.answers.last.get_attribute("data-sha256") in {None, hashlib.sha256(whole.encode()).hexdigest()}
            assert tab.questions.locator("[data-text]").last.inner_text() == question
    for tab in tabs:
        before = tab.shown()
        tab.reload()
        assert tab.shown() == before
