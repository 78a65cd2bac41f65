"""Asking: a question and its turn are committed together, once."""

import uuid

import pytest

from conversations import turns
from conversations.errors import Invalid, KeyReused, NotFound, TooLarge, TurnRunning
from conversations.models import Conversation, Message, Turn

pytestmark = pytest.mark.django_db


def ask(author, conversation_id=None, text="What is a tide?", **fields):
    return turns.start(conversation_id=conversation_id or uuid.uuid4(), author=author, text=text, **fields)


def finish(turn, text="An answer."):
    turn.messages.filter(role="assistant").update(text=text, status="complete")
    Turn.objects.filter(pk=turn.pk).update(status="completed")
    turn.refresh_from_db()


def test_the_first_question_makes_the_conversation(alice, new_id):
    started = ask(alice, new_id, "How do tides work?")
    conversation = Conversation.objects.get(pk=new_id)
    assert conversation.owner == alice
    assert conversation.title == "How do tides work?"
    assert conversation.leaf == started.turn
    assert [message.role for message in started.turn.messages.all()] == ["user", "assistant"]
    assert started.turn.status == "queued"
    assert started.answer.status == "streaming"


def test_the_text_is_kept_to_the_letter(alice):
    text = "  line one\r\n\tline two  👩‍🔬 é \u200d\n"
    assert Message.objects.get(pk=ask(alice, text=text).question.pk).text == text


def test_a_long_first_question_is_cut_between_words_for_the_title(alice):
    started = ask(alice, text="word " * 50)
    title = started.turn.conversation.title
    assert title.endswith("word…")
    assert len(title) <= turns.TITLE_CHARACTERS + 1


def test_a_second_question_while_one_is_answered_gets_turn_running(alice, new_id):
    first = ask(alice, new_id)
    with pytest.raises(TurnRunning) as refused:
        ask(alice, new_id, "And now?")
    assert refused.value.extra == {"turn": str(first.turn.pk)}
    assert Message.objects.filter(role="user").count() == 1


def test_the_same_client_id_gives_the_same_turn(alice, new_id):
    client_id = str(uuid.uuid4())
    first = ask(alice, new_id, client_id=client_id)
    again = ask(alice, new_id, client_id=client_id)
    assert first.new
    assert not again.new
    assert again.turn == first.turn
    assert again.question == first.question
    assert Turn.objects.count() == 1


def test_the_same_client_id_with_another_text_is_refused(alice, new_id):
    client_id = str(uuid.uuid4())
    ask(alice, new_id, client_id=client_id)
    with pytest.raises(KeyReused):
        ask(alice, new_id, "Something else", client_id=client_id)


def test_client_ids_of_different_people_do_not_meet(alice, bob):
    client_id = str(uuid.uuid4())
    assert ask(alice, client_id=client_id).new
    assert ask(bob, client_id=client_id).new


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_question_is_refused(alice, text):
    with pytest.raises(Invalid) as refused:
        ask(alice, text=text)
    assert refused.value.code == "empty_message"
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(("text", "code"), [("a\x00b", "invalid_character"), ("a\ud800b", "invalid_unicode")])
def test_what_no_database_can_hold_is_refused(alice, text, code):
    with pytest.raises(Invalid) as refused:
        ask(alice, text=text)
    assert refused.value.code == code


def test_too_long_a_question_is_refused(alice, settings):
    with pytest.raises(TooLarge):
        ask(alice, text="é" * (settings.MESSAGE_MAX_BYTES // 2 + 1))
    assert ask(alice, text="é" * (settings.MESSAGE_MAX_BYTES // 2)).new


@pytest.mark.parametrize("client_id", ["x", "1", "not-a-uuid", "{}", "a" * 100])
def test_a_client_id_that_is_no_uuid_is_refused(alice, client_id):
    with pytest.raises(Invalid):
        ask(alice, client_id=client_id)


def test_somebody_elses_conversation_does_not_exist(alice, bob, new_id):
    finish(ask(alice, new_id).turn)
    with pytest.raises(NotFound):
        ask(bob, new_id)


def test_a_parent_from_another_conversation_does_not_exist(alice, new_id):
    elsewhere = ask(alice).turn
    finish(elsewhere)
    finish(ask(alice, new_id).turn)
    with pytest.raises(NotFound):
        ask(alice, new_id, parent=elsewhere.pk)


def test_the_next_question_comes_after_the_open_branch(alice, new_id):
    first = ask(alice, new_id).turn
    finish(first)
    second = ask(alice, new_id, "More").turn
    assert second.parent == first
    assert second.depth == 1


def test_retry_asks_the_same_question_beside_the_first(alice, new_id):
    first = ask(alice, new_id).turn
    finish(first)
    again = turns.retry(turn=first, author=alice).turn
    assert again.parent is None
    assert again.messages.get(role="user").text == first.messages.get(role="user").text
    assert Conversation.objects.get(pk=new_id).leaf == again
    assert Turn.objects.filter(conversation_id=new_id).count() == 2


def test_edit_makes_another_branch_and_keeps_the_old_one(alice, new_id):
    first = ask(alice, new_id).turn
    finish(first)
    second = ask(alice, new_id, "Second").turn
    finish(second)
    edited = turns.edit(turn=second, author=alice, text="Second, differently").turn
    assert edited.parent == first
    branch = Turn.objects.branch(edited.pk, limit=10)
    assert branch == [first, edited]
    assert Turn.objects.branch(second.pk, limit=10) == [first, second]


def test_an_open_turn_cannot_be_retried(alice, new_id):
    first = ask(alice, new_id).turn
    with pytest.raises(TurnRunning):
        turns.retry(turn=first, author=alice)


def test_a_branch_is_read_from_its_end(alice, new_id):
    made = []
    for number in range(7):
        turn = ask(alice, new_id, f"Question {number}").turn
        finish(turn)
        made.append(turn)
    assert Turn.objects.branch(made[-1].pk, limit=3) == made[-3:]
    assert Turn.objects.branch(None, limit=3) == []


def test_starting_takes_a_constant_number_of_queries(alice, new_id, django_assert_num_queries):
    for number in range(3):
        finish(ask(alice, new_id, f"Question {number}").turn)
    with django_assert_num_queries(9):
        ask(alice, new_id, "And this?", client_id=str(uuid.uuid4()))
