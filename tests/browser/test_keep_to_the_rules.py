"""Rules in the browser: a refused question stays in the composer, notes stand at messages, flags are worked by keys."""

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

# Once for all tests of this file, and known to the server a moment later.
RULES = """
from conversations.models import ModerationRule as R
R.objects.create(name="Drugs", patterns="heroin", action="block", state="live")
R.objects.create(name="Addresses", kind="personal", patterns="email", action="mask", state="live")
R.objects.create(name="Salaries", patterns="salary", action="warn", told="Salaries are confidential.", state="live")
"""
SUSPEND = """
from accounts.models import User
from accounts import suspension
suspension.suspend(user=User.objects.get(email="{}"), told="Too often.")
"""
NOTICED_SECONDS = 3


@pytest.fixture(scope=FOLDER)
def ruled(tmp_path_factory, fake: Fake) -> Iterator[Server]:
    """A site with three rules; whoever signs up first is its administrator."""
    settings = {"OLLAMA_BASE_URL": fake.url, "DEFAULT_MODEL": DEFAULT_MODEL, "LOG_LEVEL": "WARNING"}
    server = Server(folder=tmp_path_factory.mktemp("ruled"), DETECT_INTENT="false", **settings)
    for running_server in running(server):
        running_server.manage("shell", "-c", RULES)
        yield running_server


@pytest.fixture(scope=FOLDER)
def chief(ruled: Server) -> Person:
    """The administrator."""
    return sign_up(ruled.url, name="Grace Hopper")


@pytest.fixture
def somebody(chief: Person, ruled: Server) -> Person:
    return sign_up(ruled.url)


def test_a_refused_question_is_given_back(window, somebody):
    screen = Screen(window(somebody).new_page(), somebody).open()
    screen.page.wait_for_timeout(NOTICED_SECONDS * 1000)
    screen.ask("Where is h3r0in sold?")
    expect(screen.problem).to_contain_text("a rule of this installation stands against it")
    expect(screen.composer).to_have_value("Where is h3r0in sold?")
    expect(screen.pending).to_have_count(0)
    screen.reload()
    expect(screen.composer).to_have_value("Where is h3r0in sold?")


def test_notes_stand_at_the_question_and_a_blocked_answer_says_why(window, somebody, fake):
    screen = Screen(window(somebody).new_page(), somebody).open()
    screen.page.wait_for_timeout(NOTICED_SECONDS * 1000)
    fake.script(tokens=["It is ", "hero", "in that", " they sell."])
    screen.ask("Write to jo@example.org about her salary")
    expect(screen.questions.last).to_contain_text("Write to [e-mail masked] about her salary")
    notes = screen.page.locator(".rule-note")
    expect(notes).to_have_text(["One passage was masked before this was sent.", "Salaries are confidential."])
    expect(screen.ends.last).to_contain_text("Ended by a rule")
    expect(screen.prose.last).to_have_text("It is")
    screen.reload()
    expect(notes).to_have_count(2)
    expect(screen.ends.last).to_contain_text("Ended by a rule")
    assert examine(screen.page) == {}


def test_an_answer_is_reported_and_worked_off_by_keys(window, somebody, chief, ruled):
    screen = Screen(window(somebody).new_page(), somebody).open()
    screen.ask_whole("What is a tide? tokens=5")
    screen.page.get_by_role("link", name="Report this answer", exact=True).click()
    screen.page.get_by_label("Harmful or dangerous").check()
    screen.page.get_by_label("In your words").fill("It would burn.")
    assert examine(screen.page) == {} and not too_wide(screen.page)
    screen.page.get_by_role("button", name="Send the report", exact=True).click()
    expect(screen.page.locator("main")).to_contain_text("It waits to be looked at.")
    page = window(chief).new_page()
    page.goto(f"{ruled.url}/admin/conversations/flag/queue/")
    rows = page.locator("[data-queue] > li")
    number = rows.count()
    assert number >= 1
    assert examine(page) == {}
    page.keyboard.press("j")
    place = page.evaluate("[...document.querySelectorAll('[data-flag]')].indexOf(document.activeElement)")
    assert place == 0
    row = rows.filter(has_text=somebody.email).filter(has_text="reported")
    while somebody.email not in (page.locator("[data-flag]:focus").text_content() or ""):
        page.keyboard.press("j")
    page.keyboard.press("a")
    expect(row).to_contain_text("In the hands of Grace Hopper.")
    page.keyboard.press("u")
    expect(rows).to_have_count(number - 1)
    screen.page.reload()
    expect(screen.page.locator("main")).to_contain_text("The staff agree with you.")


def test_a_removed_answer_is_gone_from_an_open_page(window, somebody, chief, ruled):
    context = window(somebody)
    screen = Screen(context.new_page(), somebody).open()
    screen.ask_whole("What is a tide? tokens=30")
    other = context.new_page()
    other.goto(screen.page.get_by_role("link", name="Report this answer", exact=True).evaluate("link => link.href"))
    other.get_by_label("Harmful or dangerous").check()
    other.get_by_role("button", name="Send the report", exact=True).click()
    page = window(chief).new_page()
    page.goto(f"{ruled.url}/admin/conversations/flag/queue/")
    page.locator("[data-queue] > li").filter(has_text=somebody.email).get_by_role("link", name="Open").click()
    assert examine(page) == {}
    page.get_by_label("Why?").fill("Against the rules of the house.")
    page.get_by_role("button", name="Remove it everywhere", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Removed from every page")
    expect(screen.prose.last).to_have_text("[This message was removed by a moderator.]")
    screen.reload()
    expect(screen.prose.last).to_have_text("[This message was removed by a moderator.]")
    expect(screen.questions.last).to_contain_text("What is a tide?")


def test_a_suspended_person_is_told_at_once_on_an_open_page(window, somebody, ruled):
    screen = Screen(window(somebody).new_page(), somebody).open()
    screen.ask_whole("What is a tide? tokens=5")
    ruled.manage("shell", "-c", SUSPEND.format(somebody.email))
    expect(screen.page.locator("[data-connection]")).to_contain_text("or not for now")
    screen.page.goto(f"{ruled.url}/chat/")
    expect(screen.page).to_have_url(re.compile("/accounts/login/"))
