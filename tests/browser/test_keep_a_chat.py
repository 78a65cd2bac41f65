"""A chat that retention will delete says so calmly, and is kept by a click or a word; staff see figures of it all."""

import pytest
from playwright.sync_api import expect

from .people import sign_up
from .screen import Screen, too_wide
from .test_read_with_any_ability import examine

pytestmark = pytest.mark.browser

DUE = """
import datetime
from django.utils import timezone
from accounts.models import User
from conversations.models import Conversation
from conversations import figures
User.objects.filter(email="{email}").update(is_staff=True, is_superuser=True)
Conversation.objects.filter(owner__email="{email}").update(expires_at=timezone.now() + datetime.timedelta(days=5))
figures.count()
"""


@pytest.fixture
def told(window, server, fake) -> Screen:
    """A chat whose owner, an administrator, is told that it will be deleted."""
    person = sign_up(server.url)
    screen = Screen(window(person).new_page(), person).open()
    fake.script(text="Twice a day.", rate=None)
    screen.ask_whole("How often does the tide come?")
    server.manage("shell", "-v0", "-c", DUE.format(email=person.email))
    screen.page.reload()
    expect(screen.page.locator("[data-expires]")).to_contain_text("This chat will be deleted after")
    return screen


def test_the_note_has_no_barrier_and_pinning_takes_it_away(told):
    assert examine(told.page) == {}
    assert too_wide(told.page) <= 0
    expect(told.page.locator(".chat-item .leaving")).to_have_count(1)
    told.page.get_by_role("button", name="Pin it to keep it", exact=True).click()
    expect(told.page.locator("[data-expires]")).to_have_count(0)
    expect(told.page.locator(".chat-item .leaving")).to_have_count(0)
    told.page.reload()
    expect(told.page.locator("[data-thread], #thread")).to_be_visible()
    expect(told.page.locator("[data-expires]")).to_have_count(0)


def test_to_write_in_it_takes_the_note_away(told, fake):
    fake.script(text="It does.", rate=None)
    told.ask_whole("Does it still?")
    expect(told.page.locator("[data-expires]")).to_have_count(0)


@pytest.mark.parametrize("path", ["conversations/dailyfigure/", "conversations/retentionpolicy/preview/"])
def test_the_pages_of_the_staff_have_no_barrier(told, path):
    told.page.goto(f"{told.person.url}/admin/{path}")
    expect(told.page.locator("#content h1")).to_be_visible()
    assert examine(told.page) == {}
    assert too_wide(told.page) <= 0
    if "dailyfigure" in path:
        expect(told.page.get_by_role("img", name="Answers by day", exact=False)).to_be_visible()
