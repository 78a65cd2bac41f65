"""Pages, errors, mails and news, in the language of whom they are for."""

import asyncio
import json
import re
import uuid

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone, translation

from accounts import approvals, notices
from accounts.models import SignupRequest
from conversations import exports, library, summary_charts, turns, usage_charts
from conversations.assembly import QuestionTooLong
from conversations.kept import SENTENCES, sentence
from conversations.models import Message, Turn, UsageEntry
from conversations.rendering import blocks, translated
from conversations.review.redaction import REMOVED
from conversations.templatetags.chat import markdown, said
from conversations.wire import FORMATS
from tests.pages.conftest import talk  # noqa: F401

pytestmark = pytest.mark.django_db


def test_an_error_is_told_in_the_language_that_a_program_asks_for(alice):
    client = Client(headers={"Accept-Language": "de"})
    client.force_login(alice)
    told = client.get(f"/api/conversations/{uuid.uuid4()}/").json()
    assert (told["code"], told["detail"]) == ("not_found", "Hier gibt es nichts, oder es gehört Ihnen nicht.")


def test_figures_are_written_for_people_and_not_for_programs(alice):
    client = Client(headers={"Accept-Language": "de"})
    client.force_login(alice)
    assert "4.000 Zeichen" in client.get("/settings/chat/").content.decode()
    today = timezone.now()
    UsageEntry.objects.create(
        user=alice, day=today.date(), model="ollama/small", prompt_tokens=1234, completion_tokens=777
    )
    drawn = client.get("/usage/").content.decode()
    assert "1.234 gelesen" in drawn and ' height="' in drawn
    assert re.findall(r' (?:x|y|width|height|value|max)="[^"]*\d,\d[^"]*"', drawn) == []


def test_the_numbers_beside_a_picture_are_for_people_and_its_places_are_not():
    with translation.override("de"):
        assert usage_charts.short(1_500_000) == "1,5M"
        drawn = summary_charts.times([1500, 700])
    assert drawn.summary.endswith(": 1,5; 0,7") and [each.text for each in drawn.ticks] == ["0", "1 s", "2 s"]
    assert all("," not in place for each in drawn.bars for place in (each.x, each.y, each.width, each.height))


def test_a_mail_is_in_the_language_of_whom_it_goes_to(alice, monkeypatch, django_capture_on_commit_callbacks):
    alice.language = "fr"
    alice.save()
    monkeypatch.setattr(
        "accounts.jobs.queue_mail", lambda *, subject, body, to: mail.send_mail(subject, body, "", [to])
    )
    with django_capture_on_commit_callbacks(execute=True), translation.override("de"):
        notices.tell(user=alice, what=translation.gettext_lazy("The password of your account was changed"))
    assert mail.outbox[0].subject == "Le mot de passe de votre compte a été modifié"
    assert "Bonjour Alice" in mail.outbox[0].body


def test_whoever_is_let_in_reads_all_of_the_mail_in_their_own_language(
    alice, bob, in_brackets, monkeypatch, django_capture_on_commit_callbacks
):
    told = {}
    monkeypatch.setattr("accounts.jobs.queue_mail", lambda **of: told.update(of))
    alice.language = "de"
    alice.save()
    with django_capture_on_commit_callbacks(execute=True), translation.override("fr"):
        approvals.approve(request=SignupRequest.objects.create(user=alice), by=bob)
    assert told["subject"] == "⟦You can sign in now⟧"


def test_why_a_model_did_not_come_is_kept_in_english(monkeypatch):
    kept = []

    async def in_database(verb, *arguments):
        kept.append(arguments)

    async def steps():
        raise RuntimeError
        yield

    monkeypatch.setattr(library, "in_database", in_database)
    with translation.override("de"):
        asyncio.run(library.fetch(uuid.uuid4(), "small", steps()))
        assert sentence(kept[0][-1]) == "Hier ist etwas schiefgegangen. Es wurde protokolliert."
    assert kept[0][-1] == "Something went wrong here. It has been logged."


def test_what_rows_keep_is_shown_in_the_language_of_the_reader():
    with translation.override("de"):
        assert sentence("Ollama has no model named qwen3.") == "Ollama hat kein Modell namens qwen3."
        assert sentence("It asks for code (“write me”).") == "Es bittet um Code („write me“)."
        assert sentence("Weather (waits for you)") == "Wetter (wartet auf Sie)"
        assert sentence("What nobody foresaw.") == "What nobody foresaw."
    assert sentence("Ollama is busy.") == "Ollama is busy."


def test_who_removed_a_message_and_what_is_too_long_is_told_in_the_language_of_the_reader():
    too_long = str(QuestionTooLong(tokens=12_000, room=8000))
    with translation.override("de"):
        assert said(Message(text=REMOVED, redacted_at=timezone.now())).startswith("[Diese Nachricht wurde")
        assert said(Message(text=REMOVED)) == REMOVED
        assert sentence(too_long).startswith("Das ist zu lang für das Modell") and "12,000" in sentence(too_long)


def test_a_suggestion_is_sent_in_the_language_it_is_read_in(settled):
    page = settled.get("/chat/", headers={"Accept-Language": "de"}).content.decode()
    assert 'value="Erklären Sie in einfachen Worten, wie eine Wärmepumpe funktioniert."' in page


def test_what_rows_keep_is_kept_in_english(alice):
    with translation.override("de"):
        turn = turns.start(conversation_id=uuid.uuid4(), author=alice, text="Write me a function in Python").turn
    assert Turn.objects.get(pk=turn.pk).intent["reason"].startswith("It ")


def test_news_is_told_to_each_reader_in_their_language():
    event = {"type": "turn.status", "turn": "1", "stage": "tool", "label": "Weather"}
    with translation.override("es"):
        assert json.loads(FORMATS["html"].event(event))["label"] == "Tiempo"
    assert json.loads(FORMATS["text"].event(event))["label"] == "Weather"


def test_the_sentences_of_model_errors_are_known():
    found = [text for text in SENTENCES if text.startswith("%(server)s")]
    with translation.override("de"):
        assert all(
            sentence(text % {"server": "X", "model": "Y", "because": "Z", "limit": "5"}) != text for text in found
        )


ANSWER = (
    "| a | b |\n|---|---|\n| 1 | Table |\n\n```python\nCode\n```\n\n    Code\n\n![](https://example.org/a.png) Image"
)


def test_what_the_renderer_says_itself_is_in_the_language_of_the_reader_and_what_the_model_says_is_not():
    before = blocks(ANSWER)
    with translation.override("de"):
        shown = markdown(ANSWER)
    for label in ('aria-label="Tabelle"><table>', 'aria-label="Python-Code"', ">Bild</a> Image</p>", "<td>Table</td>"):
        assert label in shown
    assert translated(before) == before == blocks(ANSWER)


def test_news_of_an_answer_has_labels_in_the_language_of_the_reader():
    message = Message(id=uuid.uuid4(), turn_id=uuid.uuid4(), text=ANSWER, status="complete", seq=1)
    with translation.override("fr"):
        assert 'aria-label=\\"Tableau\\"' in FORMATS["html"].kept(message)
    assert 'aria-label=\\"Table\\"' in FORMATS["html"].kept(message)


def test_a_page_is_labelled_by_nothing_that_a_model_wrote():
    forged = '`<pre tabindex="0" role="group" aria-label="Table">` [x](https://e.org "role=group aria-label=Table")'
    with translation.override("de"):
        assert markdown(forged) == "".join(blocks(forged))


@pytest.mark.parametrize("kind", ["md", "txt", "html"])
def test_an_export_says_in_the_language_of_its_reader_that_a_message_was_removed(alice, talk, kind):  # noqa: F811
    talk.messages.filter(role="assistant").update(text=REMOVED, redacted_at=timezone.now())
    with translation.override("de"):
        taken = exports.make(conversation=talk.conversation, user=alice, kind=kind).file.read().decode()
    assert "Diese Nachricht wurde von einem Moderator entfernt." in taken
    assert "removed by a moderator" not in taken
