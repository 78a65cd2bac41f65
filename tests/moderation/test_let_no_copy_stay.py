"""What was made of a removed message, or is being made of it, goes too; and what is held is not removed."""

import uuid

import pytest

from conversations import shares, turns, work
from conversations.errors import Invalid, UnderHold
from conversations.live import feeds, mirror
from conversations.models import Attachment, Conversation, Job, LegalHold, Message, Summary
from conversations.retention import holds
from conversations.review import redaction
from conversations.runner import rows
from conversations.summaries import measure
from conversations.work.rows import claim, finish
from llm.values import ToolCall
from tests.audit.conftest import root  # noqa: F401
from tests.support.files import attach

from .test_remove_a_message import REASON, SECRET, said

pytestmark = pytest.mark.django_db


def remove(turn, root, role: str = "user"):  # noqa: F811
    return redaction.redact(message_id=turn.messages.get(role=role).pk, by=root, reason=REASON)


@pytest.mark.parametrize("hold", ["chat", "person", "words"])
def test_what_is_held_is_not_removed_before_the_hold_ends(alice, root, hold):  # noqa: F811
    turn = said(alice)
    on = {
        "chat": {"conversation_id": turn.conversation_id},
        "person": {"owner_id": alice.pk},
        "words": {"words": SECRET},
    }[hold]
    holds.place(by=root, reason="A court asks for all of it.", **on)
    for role in ("user", "assistant"):
        with pytest.raises(UnderHold, match="under a legal hold"):
            remove(turn, root, role)
    assert Message.objects.filter(text__contains=SECRET).count() == 2
    holds.end(hold=LegalHold.objects.get(), by=root)
    assert len(remove(turn, root)) == 1


def test_a_title_that_a_model_made_of_an_answer_goes_with_it(alice, root):  # noqa: F811
    turn = said(alice, text="What is it?")
    Conversation.objects.update(title=f"About {SECRET}", title_by="model")
    shares.make(conversation=Conversation.objects.get(), owner=alice)
    remove(turn, root, "assistant")
    conversation = Conversation.objects.get()
    assert (conversation.title, conversation.share_links.get().title) == ("New chat", "New chat")


@pytest.mark.parametrize("by", ["model", "person"])
def test_a_link_does_not_keep_the_title_of_its_day(alice, root, by):  # noqa: F811
    turn = said(alice)
    link, token = shares.make(conversation=Conversation.objects.get(), owner=alice)
    assert SECRET in link.title
    Conversation.objects.update(title="Minerals", title_by=by)
    remove(turn, root)
    link.refresh_from_db()
    assert link.title == "New chat"
    assert Conversation.objects.get().title == ("Minerals" if by == "person" else "New chat")


def test_a_file_goes_where_another_question_was_asked_of_it_too(alice, root, kept_files):  # noqa: F811
    file = attach(alice, text=f"A file with {SECRET}", name="notes.txt")
    turn = said(alice, text="", attachments=[file.pk])
    again = turns.retry(turn=turn, author=alice).turn
    rows.end_unclaimed(again.pk, "stopped")
    other = turns.edit(turn=turn, author=alice, text="What is in it?").turn
    rows.end_unclaimed(other.pk, "stopped")
    assert Attachment.objects.count() == 3
    assert {each.turn_id for each in remove(turn, root)} == {turn.pk, again.pk}
    assert not Attachment.objects.exists()


def test_a_job_that_has_read_it_keeps_nothing_and_reads_again(alice, root):  # noqa: F811
    turn = said(alice)
    summary = Summary.objects.create(
        conversation=turn.conversation, number=1, metrics=measure(turn.conversation).figures,
        start_time=turn.created_at, end_time=turn.created_at,
    )  # fmt: skip
    work.queue(kind="summary", key=f"summary {summary.pk}", conversation=turn.conversation, summary=str(summary.pk))
    claimed = claim(Job.objects.get().pk)
    remove(turn, root)
    wrote = finish(claimed, lambda: Summary.objects.update(text=SECRET))
    summary.refresh_from_db()
    assert (wrote, summary.text, Job.objects.get().state) == (False, "", "queued")


def test_nothing_is_asked_again_that_was_removed(alice, root):  # noqa: F811
    turn = said(alice)
    turn.status = "stopped"
    turn.save()
    remove(turn, root, "assistant")
    with pytest.raises(Invalid, match="removed this message"):
        turns.resume(turn=turn, author=alice)
    remove(turn, root)
    with pytest.raises(Invalid, match="removed this message"):
        turns.retry(turn=turn, author=alice)


def test_what_a_tool_returns_afterwards_is_not_kept(alice, root):  # noqa: F811
    turn = turns.start(author=alice, conversation_id=uuid.uuid4(), text="How much?").turn
    rows.claim(turn.pk, "me")
    answer = turn.messages.get(role="assistant")
    begun = {"turn_id": turn.pk, "worker": "me", "answer_id": str(answer.pk), "round_number": 1}
    tool = rows.call(uuid.uuid4(), called=ToolCall(id="1", name="look", arguments={"at": SECRET}), **begun)
    redaction.redact(message_id=answer.pk, by=root, reason=REASON)
    told = rows.answered(tool, result=f"It is {SECRET}", ok=True, ms=3)
    assert SECRET not in f"{told.text} {told.tool_run}"
    tool.refresh_from_db()
    assert (tool.text, tool.status) == (redaction.REMOVED, "complete") and SECRET not in str(tool.tool_run)
    assert rows.call(uuid.uuid4(), called=ToolCall(id="2", name="look", arguments={}), **begun) is None


async def test_a_mirror_says_no_more_whatever_is_still_on_its_way():
    feed = feeds.Feed("chat")
    message = feed.open(id="m", turn="t", text=f"It is {SECRET}", seq=4, own=False)
    feed.deliver({"type": "message.redacted", "message": "m", "turn": "t", "content": redaction.REMOVED})
    late = {"message": "m", "turn": "t"}
    mirror.hear(feed, {"type": "message.deltas", "deltas": [(5, "a", ""), (6, SECRET, ""), (7, SECRET, "")], **late})
    mirror.hear(feed, {"type": "message.whole", "seq": 9, "text": SECRET, "thinking": "", **late})
    assert message.text == redaction.REMOVED
