"""Reaching a limit: the page says so calmly, keeps what was written, and shows what is used."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.support.server import Server

from .conftest import DEFAULT_MODEL, FOLDER, Fake, running
from .people import Person, sign_up
from .screen import Screen
from .test_read_with_any_ability import examine, too_wide

pytestmark = pytest.mark.browser

QUESTION = "What is a tide?\n\nAnd why are there two a day?"
LIMIT = "from accounts.models import User; from conversations.models import Quota; from decimal import Decimal; "


@pytest.fixture(scope=FOLDER)
def strict(tmp_path_factory, fake: Fake) -> Iterator[Server]:
    """A site where everybody may have one answer at a time, and nobody may wait."""
    settings = {"OLLAMA_BASE_URL": fake.url, "DEFAULT_MODEL": DEFAULT_MODEL, "LOG_LEVEL": "WARNING"}
    settings |= {"USER_RUNNING_TURNS": "1", "USER_WAITING_TURNS": "0"}
    yield from running(Server(folder=tmp_path_factory.mktemp("strict"), **settings))


@pytest.fixture
def somebody(strict: Server) -> Person:
    """Somebody without limits of their own yet."""
    return sign_up(strict.url)


@pytest.fixture
def limit(strict: Server, somebody: Person):
    """Sets the limits of somebody."""

    def set_limit(**fields: str) -> None:
        values = ", ".join(f"{name}={value}" for name, value in fields.items())
        strict.manage(
            "shell", "-c", f"{LIMIT}Quota.objects.create(user=User.objects.get(email='{somebody.email}'), {values})"
        )

    return set_limit


def test_a_question_past_the_budget_is_given_back(window, somebody, limit):
    limit(tokens_per_day="0")
    screen = Screen(window(somebody).new_page(), somebody).open()
    screen.ask(QUESTION)
    expect(screen.problem).to_contain_text("Your tokens for today are used up.")
    expect(screen.composer).to_have_value(QUESTION)
    expect(screen.pending).to_have_count(0)
    screen.reload()
    expect(screen.composer).to_have_value(QUESTION)


def test_a_question_past_the_budget_is_given_back_without_javascript(window, somebody, limit):
    limit(cost_per_month="Decimal(0)")
    page = window(somebody, java_script_enabled=False).new_page()
    page.goto(f"{somebody.url}/chat/")
    page.locator("#message").fill(QUESTION)
    page.locator("[data-send]").click()
    expect(page.locator("[data-problem]")).to_contain_text("Your budget for this month is used up.")
    # A form sends lines as the standard of forms says, and the field has them as before.
    expect(page.locator("#message")).to_have_value(QUESTION)


def test_a_question_that_comes_too_soon_is_sent_when_there_is_room(window, somebody, fake):
    fake.script(end="hang", part=0.5)
    context = window(somebody)
    first = Screen(context.new_page(), somebody).open()
    first.ask("Write for ever", model="fast")
    first.writing()
    second = Screen(context.new_page(), somebody).open()
    second.ask("And now this", model="fast")
    expect(second.problem).to_contain_text("You have too many answers under way.")
    expect(second.pending).to_have_count(1)
    first.stop_button.click()
    expect(second.ends).to_have_count(1)
    expect(second.questions).to_contain_text(["And now this"])
    expect(second.pending).to_have_count(0)


def test_an_answer_that_uses_up_the_budget_says_so_and_keeps_its_words(window, somebody, limit):
    limit(tokens_per_day="60")
    screen = Screen(window(somebody).new_page(), somebody).open()
    screen.ask_whole("Tell me much. tokens=400", model="paced-50")
    expect(screen.ends.last).to_contain_text("Stopped at your limit")
    expect(screen.prose.last).not_to_be_empty()
    screen.ends.last.get_by_role("link", name="What is used").click()
    expect(screen.page.get_by_role("heading", name="Usage")).to_be_visible()
    expect(screen.page.locator(".limit")).to_contain_text("Used up.")


def test_the_usage_page_is_found_in_the_menu_and_everybody_can_read_it(window, somebody, limit):
    limit(tokens_per_day="100_000", cost_per_month="Decimal(2)")
    context = window(somebody)
    screen = Screen(context.new_page(), somebody).open("/usage/")
    assert examine(screen.page) == {}
    screen.page.set_viewport_size({"width": 1280, "height": 800})
    screen.open()
    screen.ask_whole("What is a tide? tokens=20")
    screen.page.locator("[popovertarget=user-menu]").click()
    screen.page.get_by_role("link", name="Usage").click()
    expect(screen.page.get_by_role("img", name=re.compile("Tokens by day"))).to_be_visible()
    expect(screen.page.get_by_role("img", name=re.compile("Questions by kind of help"))).to_be_visible()
    screen.page.get_by_text("The days as a table").click()
    expect(screen.page.get_by_role("group", name="Usage by day")).to_be_visible()
    screen.page.get_by_role("link", name="7 days").click()
    expect(screen.page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "page")
    assert examine(screen.page) == {}
    assert too_wide(screen.page) <= 0


def test_the_list_of_chats_works_beside_the_usage_page(window, somebody):
    screen = Screen(window(somebody).new_page(), somebody).open()
    screen.ask_whole("A chat to rename")
    screen.open("/usage/")
    screen.chats.first.hover()
    screen.chats.first.locator("button").click()
    screen.page.get_by_role("button", name="Rename", exact=True).click()
    screen.page.get_by_label("Title", exact=True).fill("Another name")
    screen.page.keyboard.press("Enter")
    expect(screen.chats.first).to_contain_text("Another name")


def test_the_usage_page_can_be_read_without_javascript(window, somebody):
    page = window(somebody, java_script_enabled=False).new_page()
    page.goto(f"{somebody.url}/usage/")
    expect(page.get_by_role("heading", name="Nothing used in these 30 days")).to_be_visible()
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_role("heading", name="Nothing used in these 90 days")).to_be_visible()
