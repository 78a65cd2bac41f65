"""Each question gets the kind of help it asks for, says why, and another one by a click."""

import uuid

import pytest

from conversations import lifecycle, modes, turns
from conversations.errors import Invalid
from conversations.models import Mode, Turn
from llm import intent

pytestmark = pytest.mark.django_db(transaction=True)


def ask(author, text: str, **fields) -> Turn:
    """Return the turn of a question, which ends at once."""
    started = turns.start(**{"conversation_id": uuid.uuid4(), "author": author, "text": text, **fields})
    return ended(started.turn)


def ended(turn: Turn) -> Turn:
    Turn.objects.filter(pk=turn.pk).update(status=Turn.Status.COMPLETED)
    return Turn.objects.select_related("conversation").get(pk=turn.pk)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Hello!", "chat"),
        ("How do I write a Python function?", "code"),
        ("Explain how loops work", "tutorial"),
        ("My code throws an error", "support"),
    ],
)
def test_it_is_detected_and_kept_with_its_reason(alice, text, mode):
    turn = ask(alice, text)
    assert turn.mode == mode
    assert turn.intent["by"] == modes.DETECTED
    assert 0 <= turn.intent["confidence"] <= 1
    assert turn.intent["reason"].endswith(".")


def test_what_was_asked_before_counts(alice):
    first = ask(alice, "How do I write a Python function?")
    assert ask(alice, "And in Rust?", conversation_id=first.conversation_id).mode == "code"


def test_a_person_chooses_for_one_question(alice):
    turn = ask(alice, "Hello!", mode="code")
    assert (turn.mode, turn.intent["by"]) == ("code", modes.PERSON)
    assert ask(alice, "Hello!", conversation_id=turn.conversation_id).intent["by"] == modes.DETECTED


def test_a_person_chooses_for_a_conversation(alice):
    turn = ask(alice, "Hello!")
    lifecycle.change(conversation=turn.conversation, changes={"mode": "tutorial"})
    following = ask(alice, "My code throws an error", conversation_id=turn.conversation_id)
    assert (following.mode, following.intent["by"]) == ("tutorial", modes.CONVERSATION)
    lifecycle.change(conversation=turn.conversation, changes={"mode": ""})
    assert ask(alice, "My code throws an error", conversation_id=turn.conversation_id).mode == "support"


def test_a_question_is_answered_again_as_something_else(alice):
    turn = ask(alice, "Hello!")
    again = ended(turns.retry(turn=turn, author=alice, mode="support").turn)
    assert (again.mode, again.intent["by"]) == ("support", modes.PERSON)
    # What a person has chosen holds when it is asked once more, or in other words.
    assert turns.retry(turn=again, author=alice).turn.mode == "support"


def test_in_other_words_it_is_looked_at_anew(alice):
    turn = ask(alice, "Hello!")
    assert turns.edit(turn=turn, author=alice, text="My code throws an error").turn.mode == "support"


@pytest.mark.parametrize("mode", ["x", "CHAT", "chat ", "é"])
def test_there_are_no_other_kinds(alice, mode):
    with pytest.raises(Invalid) as told:
        turns.start(conversation_id=uuid.uuid4(), author=alice, text="Hello", mode=mode)
    assert told.value.code == "unknown_mode"


def test_the_same_question_for_another_kind_of_help_is_another_question(alice):
    key = str(uuid.uuid4())
    turn = ask(alice, "Hello!", client_id=key)
    again = {"conversation_id": turn.conversation_id, "author": alice, "text": "Hello!", "client_id": key}
    assert turns.start(**again).turn.pk == turn.pk
    with pytest.raises(turns.KeyReused):
        turns.start(**again, mode="code")


def test_the_model_is_told_how_to_help_before_what_the_person_wants(alice):
    conversation = lifecycle.create(owner=alice, instructions="Answer in verse.")
    turn = ask(alice, "My code throws an error", conversation_id=conversation.pk)
    told = modes.instructions(turn)
    assert told.startswith(intent.prompt(intent.Mode.SUPPORT))
    assert told.endswith("Answer in verse.")


def test_the_kinds_are_those_that_are_detected():
    assert set(Mode.values) == {mode.value for mode in intent.Mode}
