"""A question with files: sent once, kept while it waits, and shown to a model that can see."""

import pytest
from playwright.sync_api import expect

from .files import NOTES, attach, chips, choose, file, held, png, ready, sent
from .screen import Screen

pytestmark = pytest.mark.browser

BLIND = "paced-200"
SEEING = "images-echo"

# The connection is gone as far as the page knows.
OFFLINE = """
    const thread = document.querySelector("chat-thread");
    thread.socket.send = () => false;
    thread.delivery.close(thread.id_);
"""


def test_a_question_with_files_is_sent_and_stays(screen, fake):
    fake.script(text="It ends in May.")
    attach(screen, file("lease.txt", NOTES))
    screen.ask_whole("When does it end?")
    expect(chips(screen)).to_have_count(0)
    expect(sent(screen)).to_contain_text("lease.txt")
    live = sent(screen).evaluate("node => node.outerHTML")
    screen.reload()
    assert sent(screen).evaluate("node => node.outerHTML") == live
    assert chips(screen).count() == 0


def test_files_are_sent_without_a_word(screen, fake):
    fake.script(text="A lease.")
    expect(screen.send_button).to_have_attribute("data-idle", "")
    attach(screen, file("lease.txt", NOTES))
    expect(screen.send_button).not_to_have_attribute("data-idle", "")
    screen.send_button.click()
    expect(screen.ends).to_have_count(1)
    expect(screen.questions.locator("[data-text]")).to_be_hidden()
    expect(sent(screen)).to_be_visible()
    expect(screen.page.locator("[data-title]").first).to_have_text("lease.txt")


def test_sending_waits_for_an_upload_and_says_so(screen, fake):
    fake.script(text="Read.")
    screen.composer.fill("Read it")
    with held(screen) as routes:
        choose(screen, file("lease.txt", NOTES))
        screen.until(lambda: routes)
        expect(screen.send_button).to_have_attribute("aria-label", "Send when the files are read")
        screen.composer.press("Enter")
        expect(screen.send_button).to_have_attribute("aria-label", "Sent as soon as the files are read")
        expect(screen.page.locator("[data-hint]")).to_contain_text("as soon as the files are read")
        expect(screen.composer).to_have_value("Read it")
        assert screen.questions.count() == screen.pending.count() == 0
    expect(screen.ends).to_have_count(1)
    expect(screen.questions).to_have_count(1)
    expect(sent(screen)).to_contain_text("lease.txt")
    expect(screen.composer).to_have_value("")


def test_a_question_that_waits_to_be_sent_keeps_its_files_over_a_reload(screen, fake):
    fake.script(text="First.")
    screen.ask_whole("Begin")
    attach(screen, file("lease.txt", NOTES))
    screen.page.evaluate(OFFLINE)
    screen.ask("Not yet")
    expect(screen.pending.locator(".attachment")).to_contain_text("lease.txt")
    fake.script(text="Second.")
    screen.reload()
    expect(screen.ends).to_have_count(2)
    expect(screen.questions).to_have_count(2)
    expect(sent(screen)).to_contain_text("lease.txt")
    expect(screen.pending).to_have_count(0)


def test_a_question_that_is_taken_back_brings_its_files_back(screen, fake):
    fake.script(text="First.")
    screen.ask_whole("Begin")
    attach(screen, file("lease.txt", NOTES))
    screen.page.evaluate(OFFLINE)
    screen.ask("On second thought")
    screen.pending.get_by_role("button", name="Discard").click()
    expect(screen.composer).to_have_value("On second thought")
    expect(ready(screen)).to_contain_text("lease.txt")


def test_another_tab_sees_them_at_once(screen, window, ada, fake):
    fake.script(text="We begin.")
    screen.ask_whole("We begin")
    other = Screen(window(ada).new_page(), ada).open(screen.path)
    fake.script(text="Seen.")
    attach(screen, file("lease.txt", NOTES), file("roof.png", png()))
    screen.choose(SEEING)
    screen.ask_whole("Look at these")
    expect(sent(other)).to_have_count(2)
    assert [each.get_attribute("href") for each in sent(other).all()] == [
        each.get_attribute("href") for each in sent(screen).all()
    ]


def test_an_edited_question_keeps_its_files(screen, fake):
    fake.script(text="In May.")
    attach(screen, file("lease.txt", NOTES))
    screen.ask_whole("When?")
    fake.script(text="For a year.")
    screen.questions.hover()
    screen.questions.locator(".edit > summary").click()
    screen.page.get_by_label("Your question, changed").fill("How long?")
    screen.page.get_by_label("Your question, changed").press("Control+Enter")
    expect(screen.questions.locator("[data-text]")).to_have_text("How long?")
    expect(screen.prose).to_have_text("For a year.")
    expect(sent(screen)).to_contain_text("lease.txt")


def test_a_model_that_cannot_see_is_told_before_sending_and_another_is_offered(screen, fake):
    notice = screen.page.locator("[data-sight]")
    attach(screen, file("lease.txt", NOTES))
    expect(notice).to_be_hidden()
    attach(screen, file("roof.png", png()))
    expect(notice).to_contain_text(f"{BLIND} cannot look at pictures.")
    notice.get_by_role("button").click()
    expect(notice).to_be_hidden()
    chosen = screen.page.locator("#model-menu :checked")
    expect(chosen).to_have_attribute("data-vision", "")
    screen.choose(BLIND)
    expect(notice).to_be_visible()
    screen.page.get_by_role("button", name="Remove roof.png").click()
    expect(notice).to_be_hidden()
