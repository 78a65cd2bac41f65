"""In a manual of 300 pages the passage that answers a question is among those that are sent."""

import pytest

from conversations import context, inclusion, passages, vectors
from conversations.extraction import Section
from conversations.models import PassageVector
from llm.values import Message as Said
from tests.fake_model.embeddings import vector
from tests.support.files import attach

from .manual import FACTS, pages

pytestmark = pytest.mark.django_db

WINDOW = 8192
WANTED = 48


@pytest.fixture
def manual(alice):
    attachment = attach(alice, text="", name="manual.pdf")
    sections = [Section(text=text, page=number) for number, text in enumerate(pages(), start=1)]
    parts = passages.of(attachment.file, sections)
    passages.keep(attachment.file, parts, passages.index(attachment.file, parts))
    return attachment


def past(question: str, attachment) -> context.Past:
    file = attachment.file
    attached = context.Attached(attachment=str(attachment.pk), file=file.pk, name=attachment.name, sha256=file.sha256)
    return context.Past(messages=(Said(role="user", text=question),), files=(attached,))


def sent(question: str, attachment, meaning: inclusion.Meaning | None = None) -> context.Context:
    history = [past(question, attachment)]
    chosen = inclusion.choose(history=history, instructions="", window=WINDOW, vision=False, meaning=meaning)
    return context.build(history=chosen.history, instructions="", window=WINDOW, files=chosen.opening)


def test_the_fact_is_among_what_is_sent_and_fits(manual):
    missed = []
    for fact, question in FACTS:
        built = sent(question, manual)
        assert built.tokens <= context.budget_of(WINDOW)
        if fact not in "\n".join(message.text for message in built.messages):
            missed.append(question)
    assert len(FACTS) - len(missed) >= WANTED, missed


def test_the_page_of_a_passage_stands_with_it(manual):
    fact, question = FACTS[7]
    text = sent(question, manual).messages[0].text
    number = next(number for number, page in enumerate(pages(), start=1) if fact in page)
    assert f"[p. {number}]" in text[: text.index(fact)]


def test_a_model_that_understands_little_does_no_harm(manual, settings):
    settings.EMBEDDING = {"model": "ollama/embed", "seconds": 5}
    file = manual.file
    file.embedding_model = "ollama/embed"
    file.save()
    PassageVector.objects.bulk_create(
        vectors.row(file.pk, each.position, vector("embed", each.text, ()), model="ollama/embed")
        for each in file.passages.all()
    )
    missed = []
    for fact, question in FACTS:
        built = sent(question, manual, inclusion.Meaning("ollama/embed", vector("embed", question, ())))
        assert built.tokens <= context.budget_of(WINDOW)
        if fact not in "\n".join(message.text for message in built.messages):
            missed.append(question)
    assert len(FACTS) - len(missed) >= WANTED, missed
