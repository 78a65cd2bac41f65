"""What people say of themselves is still there when the messages it was said in no longer fit the window."""

import uuid

import pytest

from chatsite.threads import in_database
from conversations.models import ContextDigest, Turn
from tests.usage.conftest import stage  # noqa: F401

from .branches import sent, talked, words

LONG = "The housing of pump {n} was opened, cleaned and closed again, and the seal looks as it should. " * 6
NAMES = {
    "English": ("Hello! My name is Alice and I work in Graz.", "What is my name?"),
    "German": ("Guten Tag! Mein Name ist Alice und ich arbeite in Graz.", "Wie heiße ich?"),
    "French": ("Bonjour ! Je m'appelle Alice et je travaille à Graz.", "Comment est-ce que je m'appelle ?"),
    "Spanish": ("¡Hola! Me llamo Alice y trabajo en Graz.", "¿Cómo me llamo?"),
}


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("window", [2048, 4096])
@pytest.mark.django_db
def test_a_name_is_sent_sixty_long_messages_later(alice, language, window):
    introduction, question = NAMES[language]
    last = talked(alice, [(introduction, "Noted."), *((LONG.format(n=n), LONG.format(n=n)) for n in range(30))])
    told = sent(last, question, window=window)
    assert "Alice" in words(told)
    assert told.messages[-1].text.endswith(question)
    assert told.condensed + told.verbatim == 62
    assert told.left_out == 0


@pytest.mark.parametrize("language", NAMES)
async def test_a_name_survives_every_round_of_condensing(stage, alice, language):  # noqa: F811
    introduction, question = NAMES[language]
    conversation = uuid.uuid4()

    async def ask(text: str) -> Turn:
        return await stage.answered(alice, "ollama/window-2048", text, conversation_id=conversation)

    await ask(f"{introduction} tokens=20")
    for number in range(30):
        await ask(f"{LONG.format(n=number)} tokens=60")
    last = await ask(f"{question} tokens=10")
    told = "\n".join(message["content"] for message in stage.fake.chats[-1].body["messages"])
    assert "Alice" in told
    assert (last.status, last.truncated, last.left_out) == ("completed", "", 0)
    assert last.condensed + last.verbatim == 62
    # Each digest was made of the one before it, many times over.
    rounds = await in_database(lambda: ContextDigest.objects.filter(conversation=conversation).count())
    assert rounds >= 5


@pytest.mark.django_db
def test_what_must_be_remembered_is_found_in_the_middle_of_a_long_sentence(alice):
    first = "so " * 300 + "and by the way please remember that the deadline is 14 March 2031 because " + "it is " * 300
    last = talked(alice, [(first, "Noted."), *((LONG, LONG) for _ in range(30))])
    assert "14 March 2031" in words(sent(last, "When is the deadline?"))


@pytest.mark.django_db
def test_a_name_that_changed_is_there_with_the_one_before_it(alice):
    talk = [(LONG, LONG)] * 20
    last = talked(alice, [("My name is Alice.", "Hi."), *talk, ("From now on call me Bob.", "Hi."), *talk])
    told = words(sent(last, "Who am I?"))
    assert told.index("My name is Alice.") < told.index("From now on call me Bob.")


@pytest.mark.django_db
def test_in_other_languages_the_sentences_that_tell_most_are_kept(alice):
    talk = [("Ja.", "Dobrze, rozumiem. " * 30)] * 60
    last = talked(alice, [("Umowa najmu kończy się 31 marca 2031 roku w Krakowie.", "Dobrze."), *talk])
    assert "31 marca 2031" in words(sent(last, "Kiedy kończy się umowa?"))
