"""Files in the thread: opened, cited, and nobody else's."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.extraction.pdfs import lines, simple

from .files import NOTES, attach, chips, file, noise, png, ready, sent
from .screen import Screen, too_wide
from .test_read_with_any_ability import PHONE, examine

pytestmark = pytest.mark.browser

SEEING = "images-echo"

# The words of the answer arrive once more, as after a reconnect.
AGAIN = """
    blocks => {
      const message = document.querySelector("#thread .answer");
      message.settle({ seq: message.seq, blocks, status: "complete" });
    }
"""


def test_an_attached_file_opens_with_its_text_and_can_be_downloaded(screen, fake):
    fake.script(text="In May.")
    attach(screen, file("lease.txt", NOTES))
    screen.ask_whole("When?")
    path = screen.path
    sent(screen).click()
    expect(screen.page.get_by_role("heading", name="lease.txt")).to_be_visible()
    expect(screen.page.locator("#passage-0")).to_contain_text("The lease ends in May.")
    expect(screen.page.locator(".receipt")).to_contain_text("Characters")
    assert examine(screen.page) == {}
    assert too_wide(screen.page) <= 0
    with screen.page.expect_download() as download:
        screen.page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "lease.txt"
    assert download.value.path().read_text() == NOTES
    screen.page.get_by_role("link", name="Back to the chat").click()
    expect(screen.prose).to_have_text("In May.")
    assert screen.path == path


def test_a_picture_opens_large(screen, fake):
    attach(screen, file("roof.png", png(800, 600)))
    screen.ask_whole("What is it?", model=SEEING)
    expect(screen.ends).to_have_attribute("data-status", "completed")
    thumbnail = sent(screen).locator("img")
    assert screen.until(lambda: thumbnail.evaluate("image => image.complete && image.naturalWidth")) == 320
    sent(screen).click()
    picture = screen.page.locator(".picture")
    assert screen.until(lambda: picture.evaluate("image => image.complete && image.naturalWidth")) == 800
    assert examine(screen.page) == {}


def test_what_was_sent_and_what_is_cited_lead_to_the_file(screen, fake):
    fake.script(text="It ends in May [lease.txt, p. 1], see [lease.txt] and `[lease.txt]`, not [other.txt, p. 2].")
    attach(screen, file("lease.txt", NOTES))
    screen.ask_whole("When?")
    page = sent(screen).get_attribute("href")
    links = screen.prose.locator("a")
    for _ in range(2):
        expect(links).to_have_text(["[lease.txt, p. 1]", "[lease.txt]"])
        assert [link.get_attribute("href") for link in links.all()] == [f"{page}?page=1#page-1", page]
        expect(screen.prose).to_have_text(
            "It ends in May [lease.txt, p. 1], see [lease.txt] and [lease.txt], not [other.txt, p. 2]."
        )
        line = screen.ends.locator(".sent > summary")
        expect(line).to_contain_text("Sent: lease.txt whole")
        line.click()
        expect(screen.ends.locator(".sent-files a")).to_have_attribute("href", page)
        screen.reload()
    links.first.click()
    expect(screen.page.locator("#passage-0")).to_be_visible()


def test_a_cited_page_of_a_pdf_is_the_one_that_opens(screen, fake):
    fake.script(text="In May [lease.pdf, p. 2].")
    attach(screen, file("lease.pdf", simple(*map(lines, ["A lease.", "It ends in May.", "Signed."]))))
    expect(ready(screen)).to_contain_text("3 pages")
    screen.ask_whole("When?")
    thumbnail = sent(screen).locator("img")
    assert screen.until(lambda: thumbnail.evaluate("image => image.complete && image.naturalWidth")) > 0
    screen.prose.get_by_role("link", name="[lease.pdf, p. 2]").click()
    expect(screen.page.get_by_role("heading", name="Page 2")).to_be_in_viewport()
    expect(screen.page.locator("#page-2 + .passage")).to_have_text("It ends in May.")
    screen.page.get_by_role("link", name="Show what comes before").click()
    expect(screen.page.locator("#page-1 + .passage")).to_have_text("A lease.")


def test_a_name_of_a_file_may_hold_anything(screen, fake):
    name = "report [final] (v1.2) $&.txt"
    fake.script(text=f"See [{name}, p. 3].")
    attach(screen, file(name, NOTES))
    screen.ask_whole("Where?")
    expect(screen.prose.locator("a")).to_have_text(f"[{name}, p. 3]")


def test_links_in_an_answer_do_not_disturb_it(screen, fake):
    """A text that is settled again, as after a reconnect, is the same as before."""
    fake.script(text="In May [lease.txt], so **soon** [lease.txt].")
    attach(screen, file("lease.txt", NOTES))
    screen.ask_whole("When?")
    expect(screen.prose.locator("a")).to_have_count(2)
    before = screen.html()
    screen.page.evaluate(AGAIN, ["<p>In May [lease.txt], so <strong>soon</strong> [lease.txt].</p>"])
    assert " ".join(screen.html().split()) == " ".join(before.split())


def test_there_is_no_barrier_and_a_phone_is_wide_enough(window, ada, fake):
    screen = Screen(window(ada).new_page(), ada).open()
    fake.script(text="All of it.")
    attach(screen, file("a rather long name of a file that goes on and on.txt", NOTES), file("roof.png", png()))
    attach(screen, file("holiday.mov", b"moving"))
    expect(screen.page.locator("[data-sight]")).to_be_visible()
    assert examine(screen.page) == {}
    assert too_wide(screen.page) <= 0
    screen.page.set_viewport_size(PHONE)
    ready(screen).first.get_by_role("link").click()
    expect(screen.page.locator("dialog#file .passage").first).to_be_visible()
    assert examine(screen.page) == {}
    screen.page.keyboard.press("Escape")
    screen.page.get_by_role("button", name="Remove holiday.mov").click()
    screen.page.locator("[data-see]").click()
    screen.composer.fill("What is in these?")
    screen.send_button.click()
    expect(screen.ends).to_have_count(1)
    screen.ends.locator(".sent > summary").click()
    assert examine(screen.page) == {}
    assert too_wide(screen.page) <= 0


def test_without_javascript(window, ada, fake):
    plain = Screen(window(ada, java_script_enabled=False).new_page(), ada).open()
    chooser = plain.page.get_by_label("Attach files")
    expect(chooser).to_be_visible()
    chooser.set_input_files([file("lease.txt", NOTES), file("noise.png", noise())])
    plain.composer.fill("When?")
    with plain.page.expect_navigation():
        plain.send_button.click()
    expect(sent(plain)).to_have_count(2)
    with plain.page.expect_navigation():
        sent(plain).filter(has_text="lease.txt").click()
    expect(plain.page.locator("#passage-0")).to_contain_text("The lease ends in May.")
    plain.page.go_back()
    plain.reload()
    expect(plain.ends).to_contain_text("cannot see pictures")


def test_a_file_of_somebody_else_cannot_be_opened(screen, window, bob):
    attach(screen, file("secret.txt", "A secret"))
    attachment = ready(screen).get_attribute("data-attachment")
    with bob.client() as client:
        for rest in ("", "chip/", "image/"):
            assert client.get(f"/attachments/{attachment}/{rest}").status_code == httpx.codes.NOT_FOUND
    screen.page.get_by_role("button", name="Remove secret.txt").click()
    expect(chips(screen)).to_have_count(0)
