"""Files in the composer: attached in every way, and read before they are sent."""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from .files import NOTES, UPLOAD, attach, bring, chips, choose, file, held, known, noise, png, ready

pytestmark = pytest.mark.browser


def test_by_the_button_and_the_receipt_says_what_was_read(screen):
    attach(screen, file("lease.txt", NOTES), file("roof.png", png()))
    expect(ready(screen)).to_have_count(2)
    expect(ready(screen).first).to_contain_text("lease.txt")
    expect(ready(screen).first).to_contain_text(f"{len(NOTES):,} characters")
    expect(ready(screen).first).to_contain_text("tokens")
    expect(ready(screen).last).to_contain_text("120 × 80 pixels")
    thumbnail = ready(screen).last.locator("img")
    assert screen.until(lambda: thumbnail.evaluate("image => image.complete && image.naturalWidth")) > 0


def test_the_whole_receipt_and_the_text_fold_out_over_the_page(screen):
    screen.composer.fill("Half a thought")
    attach(screen, file("lease.txt", NOTES))
    ready(screen).get_by_role("link").click()
    dialog = screen.page.locator("dialog#file")
    expect(dialog.get_by_role("heading", name="lease.txt")).to_be_visible()
    expect(dialog.locator(".receipt")).to_contain_text("Encoding")
    expect(dialog.locator(".passage").first).to_contain_text("The lease ends in May.")
    screen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(screen.composer).to_have_value("Half a thought")


def test_by_dropping_anywhere_on_the_page(screen):
    drop = screen.page.locator("[data-drop]")
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    expect(drop).to_be_hidden()
    assert bring(screen, "dragover", "h1", file("lease.txt", NOTES))
    expect(drop).to_be_visible()
    expect(drop).to_contain_text("Drop to attach")
    bring(screen, "dragleave", "html")
    expect(drop).to_be_hidden()
    bring(screen, "dragover", "h1", file("lease.txt", NOTES))
    assert bring(screen, "drop", "h1", file("lease.txt", NOTES), file("roof.png", png()))
    expect(drop).to_be_hidden()
    expect(ready(screen)).to_have_count(2)
    # Words that are dragged are not files.
    assert not bring(screen, "dragover", "h1", text="Some words")


def test_by_pasting(screen):
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    assert bring(screen, "paste", "#message", file("image.png", png()))
    expect(ready(screen)).to_have_count(1)
    assert bring(screen, "paste", "body", file("image.png", png(90)))
    expect(ready(screen).locator("strong")).to_have_text(["Pasted picture.png", "Pasted picture 2.png"])
    # A word processor brings a picture of the words that are meant.
    assert not bring(screen, "paste", "#message", file("image.png", png(100)), text="Words")
    assert chips(screen).count() == 2


def test_three_at_once_go_up_and_the_others_wait(screen):
    files = [file(f"{number}.txt", f"Text {number}") for number in range(5)]
    with held(screen) as routes:
        choose(screen, *files)
        screen.until(lambda: len(routes) == 3)
        expect(chips(screen)).to_have_count(5)
        expect(chips(screen).nth(3)).to_contain_text("waiting")
        expect(chips(screen).first).to_contain_text(re.compile(r"uploading \d+%|reading…"))
        assert len(routes) == 3
    expect(ready(screen).locator("strong")).to_have_text([each["name"] for each in files])


def test_it_is_seen_how_far_an_upload_is(screen):
    network = screen.page.context.new_cdp_session(screen.page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    network.send("Network.emulateNetworkConditions", slow)
    choose(screen, file("noise.png", noise()))
    expect(chips(screen)).to_contain_text(re.compile(r"uploading [1-9]\d?%"))
    meter = chips(screen).get_by_role("progressbar", name="Uploading noise.png")
    assert 0 < float(meter.get_attribute("value") or meter.evaluate("meter => meter.value")) < 100
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    expect(ready(screen)).to_contain_text("1200 × 1200 pixels")


def test_an_upload_can_be_cancelled(screen):
    with held(screen) as routes:
        choose(screen, file("one.txt", "One"), file("two.txt", "Two"))
        screen.until(lambda: len(routes) == 2)
        screen.page.get_by_role("button", name="Remove one.txt").click()
        expect(chips(screen)).to_have_count(1)
        # What was cancelled is not sent on.
        next(route for route in routes if b"one.txt" in route.request.post_data_buffer).abort()
        routes[:] = [route for route in routes if b"two.txt" in route.request.post_data_buffer]
    expect(ready(screen).locator("strong")).to_have_text(["two.txt"])


def test_what_fails_says_why_and_can_be_tried_again_and_nothing_else_is_lost(screen):
    refused = {"code": "parse_limit", "detail": "This file takes too long to read."}

    def refuse(route: Route) -> None:
        if b"bad.txt" in route.request.post_data_buffer:
            route.fulfill(status=422, content_type="application/json", body=json.dumps(refused))
        else:
            route.continue_()

    screen.page.route(UPLOAD, refuse)
    screen.composer.fill("Both, please")
    attach(screen, file("good.txt", "Good"), file("bad.txt", "Bad"))
    bad = chips(screen).last
    expect(bad).to_contain_text("This file takes too long to read.")
    expect(ready(screen).locator("strong")).to_have_text(["good.txt"])
    screen.send_button.click()
    expect(screen.page.locator("[data-hint]")).to_contain_text("could not be attached")
    expect(screen.composer).to_have_value("Both, please")
    screen.page.unroute(UPLOAD)
    bad.get_by_role("button", name="Try again").click()
    expect(ready(screen)).to_have_count(2)


def test_a_lost_connection_is_a_reason_to_try_again(screen):
    screen.page.route(UPLOAD, lambda route: route.abort())
    attach(screen, file("lease.txt", NOTES))
    expect(chips(screen)).to_contain_text("The connection was lost.")
    screen.page.unroute(UPLOAD)
    chips(screen).get_by_role("button", name="Try again").click()
    expect(ready(screen)).to_have_count(1)


def test_what_the_server_cannot_read_is_told_in_its_words(screen):
    attach(screen, file("holiday.mov", b"moving"))
    expect(chips(screen)).to_contain_text("Files of this kind cannot be read here")
    expect(chips(screen).get_by_role("button", name="Try again")).to_be_hidden()
    screen.page.get_by_role("button", name="Remove holiday.mov").click()
    expect(chips(screen)).to_have_count(0)


def test_size_and_number_are_looked_at_before_anything_is_sent(screen):
    asked: list[Route] = []
    screen.page.route(UPLOAD, lambda route: asked.append(route))
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    uploads = screen.page.locator("chat-uploads")
    uploads.evaluate("element => { element.dataset.maxBytes = '1000'; element.dataset.maxFiles = '2'; }")
    choose(screen, file("big.txt", "x" * 2048), file("empty.txt", ""), file("third.txt", "x"))
    expect(chips(screen).first).to_contain_text("2 KB; the limit is 1000 bytes")
    expect(chips(screen).last).to_contain_text("This file is empty.")
    expect(chips(screen)).to_have_count(2)
    expect(screen.problem).to_contain_text("2 files at most. Not attached: 1.")
    assert asked == []


def test_a_removed_file_is_deleted_on_the_server(screen):
    attach(screen, file("lease.txt", NOTES))
    attachment = ready(screen).get_attribute("data-attachment")
    assert known(screen.person, attachment) == 200
    screen.page.get_by_role("button", name="Remove lease.txt").click()
    expect(chips(screen)).to_have_count(0)
    expect(screen.composer).to_be_focused()
    screen.until(lambda: known(screen.person, attachment) == 404)
    screen.reload()
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    assert chips(screen).count() == 0


def test_a_reload_keeps_what_was_attached(screen):
    attach(screen, file("lease.txt", NOTES), file("roof.png", png()))
    ids = [each.get_attribute("data-attachment") for each in ready(screen).all()]
    screen.reload()
    expect(ready(screen)).to_have_count(2)
    assert [each.get_attribute("data-attachment") for each in ready(screen).all()] == ids
    # What is gone meanwhile is not held out.
    with screen.person.client() as client:
        token = client.get("/chat/").text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        client.delete(f"/api/attachments/{ids[0]}/", headers={"X-CSRFToken": token}).raise_for_status()
    screen.reload()
    expect(ready(screen).locator("strong")).to_have_text(["roof.png"])
    screen.page.get_by_role("button", name="Remove roof.png").click()
    expect(chips(screen)).to_have_count(0)
