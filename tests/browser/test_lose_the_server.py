"""The server dies in the middle of things, and comes back."""

import pytest
from playwright.sync_api import expect

from tests.fake_model import answer_text

from .people import sign_up
from .screen import Screen

pytestmark = pytest.mark.browser

# What is left unfinished by a crash must be shown as such within this, counted from the new start.
INTERRUPTED_SECONDS = 20

# More than the fake model says in the second and a half of which nothing may be kept yet.
SHOWN_LETTERS = 3000


@pytest.fixture(autouse=True)
def _back_afterwards(server):
    """Whatever a test does to the server, the next one finds it running."""
    yield
    if server.process.poll() is not None:
        restart(server)


def length(screen: Screen) -> int:
    return screen.prose.last.evaluate("node => node.textContent.length")


def restart(server) -> None:
    server.start("--no-jobs", "--no-prepare")


def test_an_answer_cut_off_by_a_crash_is_kept_marked_and_can_be_asked_for_again(screen, server, fake):
    question = "The lights go out, tokens=9000"
    screen.ask(question)
    screen.writing()
    screen.until(lambda: length(screen) > SHOWN_LETTERS)
    server.kill()
    expect(screen.pill).to_have_text("Reconnecting…")
    assert length(screen) > SHOWN_LETTERS, "what was there stays on the page"
    restart(server)
    expect(screen.ends).to_have_attribute("data-status", "interrupted", timeout=INTERRUPTED_SECONDS * 1000)
    expect(screen.ends).to_contain_text("Interrupted before the end")
    expect(screen.pill).to_be_hidden()
    kept = screen.html()
    assert length(screen) > 0
    screen.reload()
    assert screen.html() == kept

    fake.script(rate=None)
    screen.page.get_by_role("button", name="Try again").click()
    expect(screen.ends).to_have_attribute("data-status", "completed")
    assert screen.html() == screen.rendered(answer_text(model="paced-200", message=question))
    expect(screen.page.locator(".versions")).to_contain_text("2 / 2")


def test_a_question_sent_while_the_server_is_away_is_kept_and_sent_once(screen, server, fake):
    screen.ask_whole("Before the storm, tokens=5")
    server.kill()
    expect(screen.pill).to_have_text("Reconnecting…")
    screen.ask("During the storm, tokens=5")
    expect(screen.pending).to_contain_text("Not sent yet")
    expect(screen.pending.locator("[data-text]")).to_have_text("During the storm, tokens=5")
    expect(screen.composer).to_have_value("")
    screen.composer.fill("After the st")
    restart(server)
    expect(screen.ends).to_have_count(2)
    expect(screen.pending).to_have_count(0)
    expect(screen.composer).to_have_value("After the st")
    texts = ["Before the storm, tokens=5", "During the storm, tokens=5"]
    expect(screen.questions.locator("[data-text]")).to_have_text(texts)
    screen.reload()
    expect(screen.questions.locator("[data-text]")).to_have_text(texts)
    assert len(fake.asked("During the storm, tokens=5")) == 1


def test_a_question_that_waits_can_be_taken_back(screen, server, fake):
    screen.ask_whole("Calm, tokens=5")
    server.kill()
    expect(screen.pill).to_be_visible()
    screen.ask("On second thought")
    screen.pending.get_by_role("button", name="Discard").click()
    expect(screen.pending).to_have_count(0)
    expect(screen.composer).to_have_value("On second thought")
    restart(server)
    expect(screen.pill).to_be_hidden()
    expect(screen.questions).to_have_count(1)
    assert fake.asked("On second thought") == []


def test_a_first_question_survives_a_closed_tab(screen, server, fake):
    fake.script(text="It came through.")
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    server.kill()
    screen.ask("First words into the void")
    expect(screen.pending).to_contain_text("Not sent yet")
    context = screen.page.context
    screen.page.close()
    restart(server)
    again = Screen(context.new_page(), screen.person).open()
    expect(again.prose).to_have_text("It came through.")
    expect(again.questions.locator("[data-text]")).to_have_text(["First words into the void"])
    assert len(fake.asked("First words into the void")) == 1


def test_what_is_written_in_another_new_chat_stays_there_when_a_first_question_arrives(screen, server, fake):
    fake.script(text="It came through.")
    other = Screen(screen.page.context.new_page(), screen.person).open()
    for tab in (screen, other):
        expect(tab.page.locator("chat-thread:defined")).to_be_attached()
    server.kill()
    screen.ask("First words, soon")
    expect(screen.pending).to_contain_text("Not sent yet")
    other.composer.press_sequentially("Another thought")
    restart(server)
    expect(screen.prose).to_have_text("It came through.")
    expect(screen.composer).to_have_value("")
    expect(other.composer).to_have_value("Another thought")
    other.reload()
    expect(other.composer).to_have_value("Another thought")


def test_a_session_that_ended_elsewhere_says_so_and_keeps_the_words(server, window):
    person = sign_up(server.url)
    screen = Screen(window(person).new_page(), person).open()
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    screen.composer.fill("Written before")
    with person.client() as client:
        token = client.get("/chat/").text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        client.post("/accounts/logout/", data={"csrfmiddlewaretoken": token})
    expect(screen.pill).to_contain_text("You are signed out. What you wrote is kept.")
    expect(screen.composer).to_have_value("Written before")
    screen.pill.get_by_role("link", name="Sign in again").click()
    expect(screen.page).to_have_title("Sign in · Chatsite")
