"""The page of an attached file, its picture and its chip, and the form that brings files without JavaScript."""

import hashlib
import uuid
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from PIL import Image

from conversations import attachments, events, turns, wire
from conversations.models import Attachment, Passage, Turn
from tests.pages.conftest import browser_of
from tests.support.files import attach

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_files")]

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def words(alice) -> Attachment:
    """A text of Alice's that waits to be sent."""
    return attach(alice, text="A secret passage", name="secret.txt")


@pytest.fixture
def picture(alice) -> Attachment:
    """A picture of Alice's that waits to be sent."""
    attachment = attach(alice, text="not shown", name="roof.png")
    attachment.file.image.save("image", ContentFile(b"a picture"), save=False)
    attachment.file.kind = "image"
    attachment.file.receipt = {"width": 4000, "height": 3000, "sent_width": 2048, "sent_height": 1536}
    attachment.file.save()
    return attachment


def png() -> bytes:
    content = BytesIO()
    Image.new("RGB", (80, 60), "teal").save(content, "PNG")
    return content.getvalue()


def page_of(attachment: Attachment, rest: str = "") -> str:
    return f"/attachments/{attachment.pk}/{rest}"


def test_the_page_says_what_was_read_and_shows_the_text(alice, words):
    html = browser_of(alice).get(page_of(words)).content.decode()
    assert "secret.txt" in html
    assert '<div class="passage" id="passage-0" dir="auto">A secret passage</div>' in html
    assert hashlib.sha256(b"A secret passage").hexdigest() in html
    assert f"/api/attachments/{words.pk}/content/" in html


def test_a_script_gets_the_same_as_a_fragment(alice, words):
    html = browser_of(alice).get(page_of(words), headers={"HX-Request": "true"}).content.decode()
    assert "A secret passage" in html
    assert "<html" not in html


@pytest.mark.parametrize("rest", ["", "image/", "chip/"])
def test_a_stranger_finds_nothing_and_nobody_is_sent_to_sign_in(client, bob, picture, rest):
    there = browser_of(bob).get(page_of(picture, rest))
    nowhere = browser_of(bob).get(f"/attachments/{uuid.uuid4()}/{rest}")
    assert there.status_code == nowhere.status_code == 404
    assert b"roof" not in there.content
    assert client.get(page_of(picture, rest)).status_code == 302


def test_the_picture_is_shown_and_runs_nothing(alice, picture, words):
    browser = browser_of(alice)
    answer = browser.get(page_of(picture, "image/"))
    assert b"".join(answer.streaming_content) == b"a picture"
    assert answer["Content-Type"] == "image/jpeg"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert browser.get(page_of(words, "image/")).status_code == 404
    html = browser.get(page_of(picture)).content.decode()
    assert f'src="{page_of(picture, "image/")}"' in html
    assert "4000 × 3000 pixels, sent as 2048 × 1536" in html


def test_what_a_file_says_is_never_a_page_of_ours(alice):
    hostile = attach(alice, text=SCRIPT, name=f"{SCRIPT}.txt")
    hostile.file.receipt = {"engine": SCRIPT, "pages": SCRIPT, "warnings": [{"code": "x", "detail": SCRIPT}, SCRIPT]}
    hostile.file.save()
    for rest in ("", "chip/"):
        html = browser_of(alice).get(page_of(hostile, rest)).content.decode()
        assert SCRIPT not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_long_text_is_shown_part_by_part_and_a_page_is_found(alice, words):
    Passage.objects.bulk_create(
        Passage(file=words.file, position=number, page=number, text=f"Text {number}.", tokens=2)
        for number in range(1, 601)
    )
    browser = browser_of(alice)

    def shown(query: str) -> str:
        return browser.get(page_of(words, query)).content.decode()

    first = shown("")
    assert 'id="passage-199"' in first
    assert 'id="passage-200"' not in first
    assert "Show what comes before" not in first
    later = shown("?from=205")
    assert 'id="passage-200"' in later
    assert 'id="passage-399"' in later
    cited = shown("?page=450")
    assert '<h3 id="page-450">Page 450</h3>' in cited
    assert "Show what comes before" in cited
    assert "Show what comes after" not in cited
    for broken in ("?from=x", "?from=-1", "?page=1e3", f"?from={'9' * 30}", "?page=²"):
        assert browser.get(page_of(words, broken)).status_code == 404
    assert browser.get(page_of(words, "?page=9999")).status_code == 200


def test_a_chip_is_of_a_file_that_waits(alice, words):
    browser = browser_of(alice)
    assert f'data-attachment="{words.pk}"' in browser.get(page_of(words, "chip/")).content.decode()
    turns.start(conversation_id=uuid.uuid4(), author=alice, text="Read this", attachments=[words.pk])
    assert browser.get(page_of(words, "chip/")).status_code == 409


def test_a_question_shows_its_files_alike_on_the_page_and_live(alice, words, picture, new_id):
    started = turns.start(conversation_id=new_id, author=alice, text="", attachments=[picture.pk, words.pk])
    page = browser_of(alice).get(f"/chat/{new_id}/").content.decode()
    live = wire._message_html(events.message_created(started.question))
    for attachment in (picture, words):
        attachment.refresh_from_db()
        shown = render_to_string("conversations/_attachment.html", {"attachment": attachment}).strip()
        assert shown in page
        assert shown in live
    assert page.index("roof.png") < page.index("secret.txt")


def test_what_the_model_was_sent_stands_under_the_answer(alice, words, new_id):
    turn = turns.start(conversation_id=new_id, author=alice, text="Read", attachments=[words.pk]).turn
    Turn.objects.filter(pk=turn.pk).update(
        status="completed",
        included=[
            {
                "attachment": str(words.pk),
                "name": "manual.pdf",
                "whole": False,
                "passages": [{"position": 7, "page": 3}, {"position": 9, "page": None}],
                "left_out": 598,
                "image": False,
                "why": "It is too long.",
            }
        ],
    )
    html = " ".join(browser_of(alice).get(f"/chat/{new_id}/").content.decode().split())
    assert "Sent: manual.pdf 2 passages of 600" in html
    assert f'<a href="/attachments/{words.pk}/?from=7#passage-7">p. 3</a>' in html
    (told,) = Turn.objects.get(pk=turn.pk).included
    for by, because, said in (
        ("words_and_meaning", "", "2 passages of 600, by words and meaning"),
        ("words", "not_embedded", "What its passages mean was not known yet, so they were chosen by words alone."),
        ("words", "model_not_found", "There is no such embedding model, so passages were chosen by words alone."),
        ("words", "model_busy", "The embedding model did not answer, so passages were chosen by words alone."),
    ):
        Turn.objects.filter(pk=turn.pk).update(included=[{**told, "by": by, "by_words_because": because}])
        html = " ".join(browser_of(alice).get(f"/chat/{new_id}/").content.decode().split())
        assert said in html
    Turn.objects.filter(pk=turn.pk).update(included=[])
    assert "Sent:" not in browser_of(alice).get(f"/chat/{new_id}/").content.decode()


@pytest.fixture
def form(alice, new_id):
    """Sends the composer's form as a browser without JavaScript does."""
    browser = browser_of(alice)

    def send(text: str, *uploads: tuple[str, bytes], **fields):
        files = [SimpleUploadedFile(name, content) for name, content in uploads]
        answer = browser.post("/chat/", {"conversation_id": new_id, "text": text, "files": files, **fields})
        return answer, browser

    return send


def test_a_form_brings_files(form, alice, new_id):
    answer, browser = form("What is this?", ("a.txt", b"Some words"), ("b.png", png()))
    assert answer["Location"] == f"/chat/{new_id}/"
    question = Turn.objects.get().messages.get(role="user")
    assert [(each.name, each.file.kind) for each in question.attachments.all()] == [
        ("a.txt", "text"),
        ("b.png", "image"),
    ]
    assert "a.txt" in browser.get(answer["Location"]).content.decode()


def test_a_file_that_cannot_be_read_is_told_and_the_others_wait(form, alice):
    answer, browser = form("Look", ("good.txt", b"Some words"), ("bad.mov", b"moving"))
    assert not Turn.objects.exists()
    html = browser.get(answer["Location"]).content.decode()
    assert "Files of this kind cannot be read here" in html
    good = Attachment.objects.get()
    assert f'name="attachments" value="{good.pk}"' in html
    assert ">Look</textarea>" in html
    form("Look", attachments=[good.pk])
    assert list(Turn.objects.get().messages.get(role="user").attachments.all()) == [good]


def test_too_many_files_are_not_even_read(form, monkeypatch):
    monkeypatch.setattr(attachments, "receive", None)
    answer, browser = form("Look", *((f"{number}.txt", b"x") for number in range(11)))
    assert "10 files at most" in browser.get(answer["Location"]).content.decode()


def test_a_file_that_is_gone_or_somebody_elses_is_told_and_the_words_stay(form, bob):
    theirs = attach(bob, name="theirs.txt")
    for gone in (theirs.pk, uuid.uuid4()):
        answer, browser = form("Look", attachments=[gone])
        html = browser.get(answer["Location"]).content.decode()
        assert "Attach it again" in html
        assert ">Look</textarea>" in html
        assert "theirs.txt" not in html
    assert not Turn.objects.exists()
    assert form("Look", attachments=["x"])[0].status_code == 404
