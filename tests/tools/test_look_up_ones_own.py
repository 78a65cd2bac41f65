"""Each tool over rows answers from what is the person's own, whatever it is asked."""

import json
import random
import uuid

import pytest

from conversations import turns
from conversations.models import Conversation, Message, Turn
from conversations.tools.toolbox import OWN
from llm.schema import problems
from tests.support.files import attach

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "xylophone-canary-4711"
TRIES = 500
SEED = 7


def look(name: str, turn: Turn, **arguments) -> dict:
    """Return what a tool finds for a turn."""
    kind = OWN[name]
    assert problems(arguments, schema=kind.parameters) == []
    return json.loads(kind.answer(turn, arguments))


def said(author, *texts: str, conversation_id=None) -> Turn:
    """Return the last of these questions, each of which was answered with the same words."""
    conversation_id = conversation_id or uuid.uuid4()
    for text in texts:
        started = turns.start(conversation_id=conversation_id, author=author, text=text)
        Turn.objects.filter(pk=started.turn.pk).update(status=Turn.Status.COMPLETED)
        Message.objects.filter(pk=started.answer.pk).update(text="Noted.", status=Message.Status.COMPLETE)
    return Turn.objects.select_related("conversation", "author").get(pk=started.turn.pk)


def test_figures_count_the_question_and_the_answers_before_it(alice):
    turn = said(alice, "One two three", "Four five", "How many?")
    stats = look("get_session_stats", turn)
    assert stats["messages_from_the_person"] == 3
    assert stats["answers"] == 2
    assert stats["words"] == 3 + 2 + 2 + 3
    assert stats["title"] == turn.conversation.title


def test_what_was_edited_away_does_not_count(alice):
    turn = said(alice, "One", "Two")
    edited = turns.edit(turn=turn, author=alice, text="Two, differently")
    Turn.objects.filter(pk=edited.turn.pk).update(status=Turn.Status.COMPLETED)
    now = Turn.objects.select_related("conversation").get(pk=edited.turn.pk)
    assert look("get_session_stats", now)["messages_from_the_person"] == 2


def test_it_finds_what_was_said_here_and_elsewhere_but_not_the_question(alice):
    said(alice, "I am learning Python on weekends")
    turn = said(alice, "Python again", "Did I mention Python?")
    found = look("search_chat_history", turn, query="Python")["found"]
    assert {each["text"] for each in found} == {"I am learning Python on weekends", "Python again"}
    assert {each["in_this_conversation"] for each in found} == {True, False}


def test_where_nothing_holds_all_words_the_longest_is_looked_for(alice):
    said(alice, "The lighthouse is white")
    turn = said(alice, "What did we say of the lighthouse keeper?")
    found = look("search_chat_history", turn, query="lighthouse keeper")
    assert found["looked_for"] == "lighthouse"
    assert "The lighthouse is white" in [each["text"] for each in found["found"]]


@pytest.mark.parametrize("query", ["", "   ", '"', "-", "*", "a" * 200, "NEAR(", "'; DROP TABLE", "\u0000"])
def test_a_strange_query_finds_nothing(alice, query):
    turn = said(alice, "Hello")
    assert json.loads(OWN["search_chat_history"].answer(turn, {"query": query}))["found"] == []


def test_conversations_are_listed_newest_first(alice):
    said(alice, "The first")
    turn = said(alice, "The second", "And more")
    listed = look("get_all_sessions", turn)
    assert listed["conversations_in_all"] == 2
    assert [(each["title"], each["messages"], each["this_one"]) for each in listed["newest"]] == [
        ("The second", 4, True),
        ("The first", 2, False),
    ]
    assert len(look("get_all_sessions", turn, limit=1)["newest"]) == 1


def test_files_of_this_conversation_are_searched(alice, kept_files):
    elsewhere = attach(alice, text="The pump of the other house is red.")
    here = attach(alice, text="The pump stands in the cellar. The roof is new.")
    started = turns.start(conversation_id=uuid.uuid4(), author=alice, text="Where?", attachments=[here.pk])
    turns.start(conversation_id=uuid.uuid4(), author=alice, text="Red?", attachments=[elsewhere.pk])
    found = look("search_documents", started.turn, query="pump")
    assert [each["text"] for each in found["found"]] == ["The pump stands in the cellar. The roof is new."]
    assert found["files"] == [here.name]


def test_what_others_said_never_comes_out(alice, bob, kept_files):
    theirs = said(bob, f"My secret is {CANARY}", f"Remember {CANARY}")
    file = attach(bob, text=f"The file says {CANARY}.")
    turns.start(conversation_id=uuid.uuid4(), author=bob, text="Read it", attachments=[file.pk])
    Conversation.objects.filter(owner=bob).update(title=CANARY)
    mine = said(alice, "Hello")
    dice = random.Random(SEED)
    words = [CANARY, "secret", "xylophone", "file", str(bob.pk), bob.email, str(theirs.conversation_id), "*", '"', "-x"]
    for _ in range(TRIES):
        name = dice.choice(list(OWN))
        wanted = OWN[name].parameters["properties"]
        arguments = {"query": " ".join(dice.choices(words, k=dice.randint(1, 3)))} if "query" in wanted else {}
        for extra in ("user", "owner", "author", "conversation_id", "id"):
            if dice.random() < 0.3:
                arguments[extra] = dice.choice([str(bob.pk), bob.email, str(theirs.conversation_id)])
        answer = OWN[name].answer(mine, arguments)
        assert CANARY not in answer.replace(json.dumps(arguments.get("query", ""))[1:-1], "")
        found = json.loads(answer).get("found", [])
        assert found == []
