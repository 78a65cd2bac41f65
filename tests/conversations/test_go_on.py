"""Going on with an answer that was cut off: the model is told what it said, and nothing of it is lost."""

import uuid

import pytest
from django.template.loader import render_to_string

from conversations import context, events, turns
from conversations.errors import Invalid, TurnRunning
from conversations.live import Feed, Watcher, mirror
from conversations.live.watchers import PlainWatcher
from conversations.models import Message, Turn
from conversations.sse.formats import Sse
from conversations.sse.outbox import Outbox
from conversations.wire import FORMATS
from llm.joining import Joint, request
from tests.pages.conftest import plain_static_files  # noqa: F401

from .test_ask import ask, finish

pytestmark = pytest.mark.django_db

SAID = "The tide comes in twi"


def cut_off(turn: Turn, text: str = SAID, status: str = "stopped") -> Turn:
    turn.messages.filter(role="assistant").update(text=text, status=status)
    Turn.objects.filter(pk=turn.pk).update(status=status)
    turn.refresh_from_db()
    return turn


def test_the_answer_begins_with_what_was_said_and_the_old_one_stays(alice):
    client_id = str(uuid.uuid4())
    old = cut_off(ask(alice).turn)
    done = {"role": "tool", "text": "High at 6", "tool_name": "tides", "tool_call_id": "a", "status": "complete"}
    old.messages.filter(role="assistant").update(position=3)
    Message.objects.create(turn=old, position=1, tool_run={"round": 1, "ok": True, "ms": 1, "arguments": {}}, **done)
    Message.objects.create(turn=old, position=2, tool_run={"round": 2}, **done | {"status": "stopped"})
    started = turns.resume(turn=old, author=alice, client_id=client_id)
    assert (started.turn.parent_id, started.turn.continues_id, started.turn.carried) == (None, old.pk, len(SAID))
    messages = list(started.turn.messages.all())
    # The call that was cut short has nothing to say.
    assert [message.role for message in messages] == ["user", "tool", "assistant"]
    assert (messages[-1].text, messages[-1].status) == (SAID, "streaming")
    assert old.messages.get(role="assistant").text == SAID
    sent = context.resumed(messages).messages
    assert [each.role for each in sent] == ["user", "assistant", "tool", "assistant", "user"]
    assert sent[-2].text == SAID
    assert "'twi'" in sent[-1].text
    again = turns.resume(turn=old, author=alice, client_id=client_id)
    assert (again.new, again.turn) == (False, started.turn)
    with pytest.raises(TurnRunning):
        turns.resume(turn=started.turn, author=alice)


def test_only_what_was_cut_off_goes_on(alice):
    turn = ask(alice).turn
    for text, status in ((SAID, "completed"), ("", "stopped"), ("", "interrupted"), ("", "failed")):
        with pytest.raises(Invalid) as refused:
            turns.resume(turn=cut_off(turn, text, status), author=alice)
        assert refused.value.code == "not_cut_off"
    # Where nothing was said, nothing to go on with is offered.
    for said_first, offered in ((None, False), (12, True)):
        for status in ("failed", "stopped"):
            shown = render_to_string(
                "conversations/_turn_end.html", {"turn": Turn(status=status, first_token_ms=said_first)}
            )
            assert ("Continue" in shown) is offered
    finish(turn, SAID)
    Turn.objects.filter(pk=turn.pk).update(finish_reason="length")
    turn.refresh_from_db()
    assert turns.resume(turn=turn, author=alice).new


def test_what_does_not_fit_is_left_out_at_its_beginning(alice):
    old = cut_off(ask(alice).turn, "word " * 5000 + "end")
    messages = list(turns.resume(turn=old, author=alice).turn.messages.all())
    whole = context.resumed(messages)
    short = context.shortened(whole, 500)
    assert context.cost(short.messages) < 550
    assert short.messages[-2].text.startswith(context.LEFT_OUT)
    assert short.messages[-2].text.endswith("word end")
    assert short.messages[0] == whole.messages[0]
    assert context.shortened(whole, 100_000) == whole


def test_a_joint_leaves_no_word_out_and_none_twice():
    for before, pieces, whole in (
        # Repeated as asked, cut anywhere.
        ("It comes twi", ["tw", "ice", " a day"], "It comes twice a day"),
        ("It comes twi", [" twice a day"], "It comes twice a day"),
        # Not repeated: a new word, with its space or without.
        ("It comes", ["twice"], "It comes twice"),
        ("It comes", [" twice"], "It comes twice"),
        ("It comes", [", twice"], "It comes, twice"),
        # Nothing to repeat.
        ("It comes. ", ["Twice"], "It comes. Twice"),
        ("```\n", ["x = 1"], "```\nx = 1"),
        # Cut off again before the joint was made.
        ("It comes twice", ["tw"], "It comes twice tw"),
        ("It comes twice", [], "It comes twice"),
        ("", ["Twice"], "Twice"),
    ):
        joint = Joint(before)
        assert before + "".join(joint.take(piece) for piece in pieces) + joint.rest() == whole
    assert "last word" not in request("Done. ")


def test_every_reader_has_the_whole_text_wherever_it_is_written(alice):
    old = cut_off(ask(alice).turn)
    started = turns.resume(turn=old, author=alice)
    created = events.message_created(started.answer)
    here, elsewhere = Feed(str(old.conversation_id)), Feed(str(old.conversation_id))
    readers = []
    for feed in (here, elsewhere):
        for watcher in (Watcher(FORMATS["text"]), PlainWatcher(FORMATS["plain"]), Outbox(Sse(), turn="", places={})):
            feed.watchers.add(watcher)
            readers.append(watcher)
    message = here.open(id=str(started.answer.pk), turn=str(started.turn.pk), text=SAID, seq=1)
    mirror.before_event(elsewhere, created)
    for feed in (here, elsewhere):
        feed.deliver(created)
    for number, more in enumerate(("ce", " a day."), start=2):
        message.advance(number, more, "")
        deltas = {"message": message.id, "turn": message.turn, "deltas": [[number, more, ""]]}
        assert mirror.hear(elsewhere, {"type": "message.deltas", **deltas})
    assert elsewhere.messages[message.id].text == message.text == "The tide comes in twice a day."
    for reader in readers:
        told = [frame for frame in reader.take() if "message.created" not in frame]
        assert "The tide comes in twice a day." in "".join(told)
        assert len(told) == 1
