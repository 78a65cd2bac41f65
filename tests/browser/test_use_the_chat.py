"""The main job, from the sign-up page to signing out."""

import re

import pytest
from playwright.sync_api import expect

from tests.fake_model import answer_text

from .people import PASSWORD, Person, new_address, sign_up
from .screen import Screen

pytestmark = pytest.mark.browser

MODEL = "paced-200"

# Notes each length that an answer ever had on the page.


def test_sign_up_ask_and_watch_the_answer_stream_in(server, window, fake):
    stranger = Person(url=server.url, email=new_address(), cookies=())
    screen = Screen(window(stranger).new_page(), stranger).open("/")
    screen.page.get_by_role("link", name="Create an account").click()
    screen.page.get_by_label("Your name").fill("Grace")
    screen.page.get_by_label("E-mail").fill(stranger.email)
    screen.page.get_by_label("Password", exact=True).fill(PASSWORD)
    screen.page.get_by_role("button", name="Create account").click()

    expect(screen.page.get_by_role("heading", name="Hello, Grace")).to_be_visible()
    expect(screen.composer).to_be_focused()
    expect(screen.chats).to_have_count(0)
    question = "Tell me about rivers, tokens=240"
    fake.hold()
    screen.ask(question)
    screen.writing()
    begun = screen.length()
    fake.release()
    screen.until(lambda: screen.length() > begun, what="it was seen to grow")
    expect(screen.ends).to_have_count(1)

    assert screen.html() == screen.rendered(answer_text(model=MODEL, message=question))
    assert screen.prose.locator("h3, ul, table, pre").count() >= 4, "it is formatted"
    expect(screen.questions.locator("[data-text]")).to_have_text(question)
    expect(screen.chats).to_have_text([question])
    expect(screen.page.locator("h1[data-title]")).to_have_text(question)
    expect(screen.page).to_have_title(f"{question} · Chatsite")


def test_sign_in_leads_to_where_one_wanted_to_go(server, window, ada):
    screen = Screen(window(ada, signed_in=False).new_page(), ada).open("/chat/?from=bookmark")
    expect(screen.page).to_have_title("Sign in · Chatsite")
    screen.page.get_by_label("E-mail").fill(ada.email)
    screen.page.get_by_label("Password", exact=True).fill("not the password")
    screen.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(screen.page.get_by_role("alert")).to_be_visible()
    screen.page.get_by_label("Password", exact=True).fill(PASSWORD)
    screen.page.get_by_role("button", name="Show password").click()
    expect(screen.page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    screen.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(screen.composer).to_be_visible()
    assert screen.page.url == f"{server.url}/chat/?from=bookmark"


def test_a_reload_shows_the_same_text_while_it_is_written_and_after(screen, fake):
    question = "Tell me about bridges, tokens=800"
    fake.hold()
    screen.ask(question)
    screen.writing()
    before = screen.length()
    screen.reload()
    expect(screen.stop_button).to_be_visible()
    screen.until(lambda: screen.length() >= before > 0)
    expect(screen.stop_button).to_be_visible()
    fake.release()
    expect(screen.ends).to_have_count(1)
    whole = screen.html()
    assert whole == screen.rendered(answer_text(model=MODEL, message=question))
    screen.reload()
    assert screen.html() == whole
    expect(screen.ends).to_have_attribute("data-status", "completed")


def test_a_follow_up_goes_below_and_the_conversation_has_an_address(screen, window, ada):
    screen.ask_whole("First of two, tokens=20")
    address = screen.path
    screen.ask_whole("Second of two, tokens=20")
    assert screen.path == address
    assert screen.questions.locator("[data-text]").all_inner_texts() == [
        "First of two, tokens=20",
        "Second of two, tokens=20",
    ]
    again = Screen(window(ada).new_page(), ada).open(address)
    assert again.shown() == screen.shown()


def test_somebody_else_finds_nothing_there(screen, window, bob):
    screen.ask_whole("For nobody else, tokens=5")
    stranger = window(bob).new_page()
    assert stranger.goto(bob.url + screen.path).status == 404
    expect(stranger.get_by_role("heading", name="Not found")).to_be_visible()
    assert "For nobody else" not in stranger.content()


def test_sign_out_ends_at_the_start_page_and_leaves_no_words_behind(server, window):
    leaver = sign_up(server.url, name="Leaver")
    screen = Screen(window(leaver).new_page(), leaver).open()
    screen.composer.fill("Half a secr")
    screen.until(lambda: "Half a secr" in screen.page.evaluate("JSON.stringify(localStorage)"))
    screen.page.locator("[popovertarget=user-menu]").click()
    screen.page.get_by_role("button", name="Sign out").click()
    screen.page.wait_for_url(re.compile(r"/$"))
    assert screen.page.evaluate("JSON.stringify(localStorage)") == "{}"
    screen.open("/chat/")
    expect(screen.page).to_have_title("Sign in · Chatsite")


def test_the_chosen_theme_is_kept(screen):
    root = screen.page.locator("html")
    screen.page.locator("[popovertarget=user-menu]").click()
    with screen.page.expect_response("**/preferences/theme/") as kept:
        screen.page.get_by_text("Dark", exact=True).click()
    assert kept.value.status == 204
    expect(root).to_have_attribute("data-theme", "dark")
    screen.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    screen.page.locator("[popovertarget=user-menu]").click()
    with screen.page.expect_response("**/preferences/theme/"):
        screen.page.get_by_text("Auto", exact=True).click()
    screen.reload()
    assert root.get_attribute("data-theme") is None
