"""However many files and pictures there are: what is sent fits the window, and of each it is told what became of it."""

import io
import time
import uuid

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from chatsite.threads import in_database
from conversations import context, inclusion, passages, turns
from conversations.extraction import Section
from conversations.models import Attachment, DrawnPage, Turn, UsageEntry
from conversations.runner import rows
from conversations.search.words import Index
from llm.values import Message as Said
from tests.support.files import attach

from .conftest import sent

pytestmark = pytest.mark.django_db(transaction=True)

WINDOW = 8192
NAME = "é" * 140 + ".txt"


def jpeg() -> ContentFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, "JPEG")
    return ContentFile(out.getvalue())


def pictured(owner, number: int = 0) -> Attachment:
    """Return an attachment of a picture, each number another one."""
    attachment = attach(owner, text="", name=f"teal-{number}.png")
    attachment.file.sha256 = f"{number:064x}"
    attachment.file.image.save("image", jpeg())
    return attachment


def scanned(owner, text: str = "Page one.") -> Attachment:
    """Return an attachment of a PDF with a page of text and one that was drawn."""
    attachment = attach(owner, text=text, name="part.pdf")
    page = DrawnPage(file=attachment.file, page=2)
    page.image.save("page", jpeg())
    return attachment


def long_text(number: int = 0) -> str:
    return "\n\n".join(f"{number}.{line}. The valve of the housing is described here." for line in range(2000))


def past(question: str, *attachments: Attachment, answer: str = "") -> context.Past:
    said = [Said(role="user", text=question), *([Said(role="assistant", text=answer)] if answer else [])]
    files = tuple(
        context.Attached(attachment=str(each.pk), file=each.file_id, name=each.name, sha256=each.file.sha256)
        for each in attachments
    )
    return context.Past(messages=tuple(said), files=files)


def build(history: list[context.Past], *, vision: bool = False, window: int = WINDOW):
    """Return what is sent, and the account of it."""
    chosen = inclusion.choose(history=history, instructions="", window=window, vision=vision)
    built = context.build(history=chosen.history, instructions="", window=window, files=chosen.opening)
    return built, chosen.included


def pictures(built: context.Context) -> int:
    return sum(len(message.images) for message in built.messages)


@pytest.mark.parametrize("window", [2048, 8192])
def test_a_hundred_files_fit_and_each_is_accounted_for(alice, window):
    files = [attach(alice, text=f"Note {number}: all is well.", name=NAME) for number in range(100)]
    history = [past("And these?", *files[start : start + 10], answer="Yes.") for start in range(0, 100, 10)]
    built, included = build([*history, past("What does note 99 say?")], window=window)
    assert built.tokens <= context.budget_of(window)
    assert [each["attachment"] for each in included] == [str(each.pk) for each in files]
    whole = [number for number, each in enumerate(included) if each["whole"]]
    assert whole == list(range(90, 90 + len(whole))) or whole[-1] == 99
    assert {each["why"] for each in included if not each["whole"]} == {"no_room"}
    text = built.messages[0].text
    assert f"({100 - len(whole)} older files are not sent" in text
    assert all(f"Note {number}:" in text for number in whole)


def test_ten_pictures_fit(alice):
    files = [pictured(alice, number) for number in range(10)]
    built, included = build([past("What are these?", *files)], vision=True)
    assert built.tokens <= context.budget_of(WINDOW)
    assert pictures(built) == sum(each["image"] for each in included) > 1
    assert {each["why"] for each in included if not each["image"]} == {"no_room"}


def test_a_picture_of_a_question_that_no_longer_fits_is_still_seen(alice):
    talk = [past(f"{number}?", answer="So it is. " * 300) for number in range(10)]
    picture = pictured(alice)
    built, included = build([past("This is my cat.", picture, answer="Nice."), *talk, past("My cat?")], vision=True)
    assert built.left_out > 1
    assert built.tokens <= context.budget_of(WINDOW)
    assert pictures(built) == 1
    assert picture.name in built.messages[0].text
    assert included[0]["image"]


def test_a_picture_stands_with_its_question_while_that_fits(alice):
    built, _ = build([past("This is my cat.", pictured(alice), answer="Nice."), past("My cat?")], vision=True)
    (first, _answer, last) = built.messages
    assert len(first.images) == 1
    assert first.text.endswith("This is my cat.")
    assert not last.images


def test_a_file_that_is_attached_twice_is_sent_once(alice):
    file = attach(alice, text="The lease ends in March 2031.")
    again = Attachment.objects.create(owner=alice, file=file.file, name="again.txt")
    built, included = build([past("When?", file, answer="In March."), past("Sure?", again)])
    assert "\n".join(message.text for message in built.messages).count("March 2031") == 1
    assert [(each["name"], each["whole"]) for each in included] == [("words.txt", True), ("again.txt", True)]


def test_without_words_to_look_for_the_beginning_is_sent(alice):
    built, included = build([past("Zusammenfassung, bitte!", attach(alice, text=long_text()))])
    positions = [each["position"] for each in included[0]["passages"]]
    assert positions == list(range(len(positions)))
    assert context.budget_of(WINDOW) * 0.8 < built.tokens <= context.budget_of(WINDOW)


def test_a_document_with_some_pages_drawn_goes_to_a_model_that_does_not_see(alice):
    built, included = build([past("What is it?", scanned(alice))])
    assert pictures(built) == 0
    assert "Page one." in built.messages[0].text
    assert (included[0]["whole"], included[0]["image"], included[0]["why"]) == (True, False, "no_vision")


def test_a_document_with_nothing_but_drawn_pages_is_for_the_model_to_refuse(alice):
    built, _ = build([past("What is it?", scanned(alice, text=""))])
    assert pictures(built) == 1


def test_a_picture_that_is_gone_from_the_storage_is_told_of(alice):
    picture = pictured(alice)
    picture.file.image.storage.delete(picture.file.image.name)
    built, included = build([past("What is it?", picture)], vision=True)
    assert pictures(built) == 0
    assert "could not be opened" in built.messages[0].text
    assert (included[0]["image"], included[0]["why"]) == (False, "unreadable")


def test_an_index_finds_the_same_after_it_was_kept():
    texts = [("Pumps", "The pump, the pump."), ("", "水泵需要更换"), ("", "nothing")]
    fresh = Index.of(texts)
    kept = Index.unpacked(fresh.packed())
    assert kept.lengths == fresh.lengths
    assert list(kept.places("pump")) == [(0, 2)]
    assert list(kept.places("水泵")) == [(1, 1)]
    assert list(kept.places("zzz")) == list(kept.places("")) == []


async def test_the_files_of_a_question_that_failed_are_there_for_the_next_one(stage, alice, new_id):
    file = await in_database(attach, alice, text="The lease ends in March 2031.")
    failed = await stage.answered(alice, "ollama/missing", "When?", attachments=[file.pk], conversation_id=new_id)
    assert failed.status == "failed"
    turn = await stage.answered(alice, "ollama/fast", "When does it end? tokens=5", conversation_id=new_id)
    assert "March 2031" in sent(stage)[0]["content"]
    assert [each["whole"] for each in turn.included] == [True]


async def test_a_model_that_refused_a_picture_was_sent_nothing(stage, alice):
    file = await in_database(pictured, alice)
    turn = await stage.answered(alice, "ollama/fast", "What is this? tokens=5", attachments=[file.pk])
    assert (turn.error_code, turn.included) == ("model_refused", [])


async def test_the_call_of_a_process_that_died_is_entered_with_its_files(alice):
    def killed() -> UsageEntry:
        text = long_text()
        file = attach(alice, text=text[:9000])
        asked = {"conversation_id": uuid.uuid4(), "author": alice, "text": "What is it?", "attachments": [file.pk]}
        started = turns.start(**asked)
        Turn.objects.filter(pk=started.turn.pk).update(status="running", worker="gone")
        rows.keep(
            [rows.Kept(message_id=str(started.answer.pk), text="It is", thinking="", seq=2)], [started.turn.pk], "gone"
        )
        rows.reap(started.turn.pk, "gone")
        return UsageEntry.objects.get(turn_id=started.turn.pk)

    entry = await in_database(killed)
    assert entry.prompt_tokens >= 3000


def test_a_long_file_is_searched_within_a_moment(alice):
    attachment = attach(alice, text="", name="long.txt")
    parts = passages.of(attachment.file, [Section(text=long_text(number)) for number in range(15)])
    passages.keep(attachment.file, parts, passages.index(attachment.file, parts))
    began = time.thread_time()
    build([past("What does line 7.1234 say of the valve?", attachment)])
    assert time.thread_time() - began < 0.5
