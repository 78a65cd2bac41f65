"""A message that staff remove is gone from everything that was made of it."""

import asyncio
import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import AuditEntry
from chatsite.threads import in_database
from conversations import search, shares, turns
from conversations.errors import NotAllowed
from conversations.models import Attachment, ContextDigest, Conversation, Message, Redaction, Summary, Turn
from conversations.review import redaction
from conversations.summaries import measure
from tests.api.conftest import Program, finish
from tests.audit.conftest import root  # noqa: F401
from tests.conversations.branches import sent
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401
from tests.support.files import attach

from .test_stop_an_answer import Reader

SECRET = "zanzibarquartz"
REASON = "It is against the rules of the house."


def said(author, *, conversation_id=None, answer: str = f"The answer has {SECRET}.", **fields) -> Turn:
    asked = {"text": f"A question with {SECRET}?", "conversation_id": conversation_id or uuid.uuid4()} | fields
    turn = turns.start(author=author, **asked).turn
    finish(turn, answer)
    search.keep_messages(turn.conversation, turn.messages.filter(role="assistant"))
    return turn


def body_of(answer) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode().replace(f"q={SECRET}", "")


def everything_of(alice, turn: Turn, token: str) -> dict[str, str]:
    """Return all that can be read of a conversation, by where."""
    chat, program, browser = turn.conversation_id, Program(alice), browser_of(alice)
    told = {path: body_of(program.get(path)) for path in (
        f"conversations/{chat}/", f"conversations/{chat}/messages/", f"conversations/{chat}/events/",
        f"conversations/{chat}/digests/", f"conversations/{chat}/summary/", f"search/?q={SECRET}", "conversations/",
        *(f"conversations/{chat}/export/?format={form}" for form in ("json", "md", "html", "txt")),
    )}  # fmt: skip
    for path in (f"/chat/{chat}/", f"/turns/{turn.pk}/markdown/", f"/chat/{chat}/summary/"):
        told[path] = body_of(browser.get(path))
    told["shared"] = Client().get(f"/s/{token}/").content.decode()
    told["rows"] = str(list(Message.objects.values_list("text", "thinking", "tool_run")))
    return told


@pytest.mark.django_db
@pytest.mark.parametrize("keeps", [False, True])
def test_it_is_gone_from_pages_exports_links_search_and_rows(alice, root, kept_files, settings, keeps):  # noqa: F811
    settings.REDACTION_KEEPS = keeps
    file = attach(alice, text=f"A file with {SECRET}", name=f"{SECRET}.txt")
    turn = said(alice, attachments=[file.pk])
    finish(turns.retry(turn=turn, author=alice).turn, f"Another with {SECRET}.")
    conversation = Conversation.objects.get()
    _, token = shares.make(conversation=conversation, owner=alice)
    ContextDigest.objects.create(
        conversation=conversation, through=turn, text=f"In short: {SECRET}", turns=1, messages=2, tokens=3
    )
    Summary.objects.create(
        conversation=conversation, number=1, state="ready", by="model", text=SECRET, topics=[SECRET],
        metrics=measure(conversation).figures, start_time=turn.created_at, end_time=turn.created_at,
    )  # fmt: skip
    before = everything_of(alice, turn, token)
    assert sum(SECRET in told for told in before.values()) >= 12
    for message in Message.objects.filter(redacted_at=None, text__contains=SECRET):
        message.refresh_from_db()
        if message.redacted_at is None:
            redaction.redact(message_id=message.pk, by=root, reason=REASON)
    after = everything_of(alice, turn, token)
    assert [path for path, told in after.items() if SECRET in told] == []
    assert redaction.REMOVED in after[f"conversations/{conversation.pk}/messages/"]
    assert not Attachment.objects.exists()
    assert Redaction.objects.filter(original=None).exists() is not keeps
    entries = AuditEntry.objects.filter(action="message.redacted")
    assert entries.count() == 4 and SECRET not in "".join(entries.values_list("details", flat=True))


@pytest.mark.django_db
def test_the_model_is_sent_nothing_of_it(alice, root):  # noqa: F811
    first = said(alice)
    redaction.redact(message_id=first.messages.get(role="assistant").pk, by=root, reason=REASON)
    redaction.redact(message_id=first.messages.get(role="user").pk, by=root, reason=REASON)
    told = sent(first, "And now?", window=8192)
    assert SECRET not in str(told)


@pytest.mark.django_db
def test_an_answer_that_was_gone_on_with_goes_with_it(alice, root):  # noqa: F811
    first = said(alice)
    Turn.objects.filter(pk=first.pk).update(status="stopped")
    first.refresh_from_db()
    second = finish(turns.resume(turn=first, author=alice).turn, f"The answer has {SECRET}. And more.")
    found = redaction.redact(message_id=second.messages.get(role="assistant").pk, by=root, reason=REASON)
    assert {each.turn_id for each in found} == {first.pk, second.pk}


@pytest.mark.django_db
def test_it_takes_the_permission_and_a_reason(alice, bob, root):  # noqa: F811
    message = said(alice).messages.get(role="user")
    with pytest.raises(NotAllowed):
        redaction.redact(message_id=message.pk, by=alice, reason=REASON)
    with pytest.raises(redaction.Invalid):
        redaction.redact(message_id=message.pk, by=root, reason="no")
    message.refresh_from_db()
    assert SECRET in message.text


@pytest.mark.django_db
def test_what_was_kept_is_opened_with_a_trace(alice, root, settings):  # noqa: F811
    settings.REDACTION_KEEPS = True
    message = said(alice).messages.get(role="assistant")
    redaction.redact(message_id=message.pk, by=root, reason=REASON)
    assert SECRET.encode() not in bytes(Redaction.objects.get().original)
    out = StringIO()
    call_command("unseal_message", str(message.pk), reason="A court asks for it.", stdout=out)
    assert SECRET in out.getvalue()
    assert AuditEntry.objects.get(action="message.unsealed").facts["reason"] == "A court asks for it."
    settings.SECRET_KEY = "another one"
    with pytest.raises(CommandError, match="another SECRET_KEY"):
        call_command("unseal_message", str(message.pk), reason="Again.", stdout=out)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("plain_static_files")
async def test_an_answer_that_is_written_stops_and_open_pages_forget_it(stage, alice, root):  # noqa: F811
    chat, readers = uuid.uuid4(), [Reader(form) for form in ("text", "html")]
    tasks = [asyncio.create_task(reader.read(chat)) for reader in readers]
    stage.fake.script(tokens=[f"{SECRET} "] * 500, rate=50)
    turn = await stage.ask(alice, "ollama/fast", "Tell me", conversation_id=chat)
    await stage.said(turn, 5)
    answer = await in_database(turn.messages.get, role="assistant")
    await in_database(lambda: redaction.redact(message_id=answer.pk, by=root, reason=REASON))
    removed = [len("".join(reader.frames)) for reader in readers]
    turn = await stage.ended(turn)
    await asyncio.sleep(0.2)
    for task in tasks:
        assert not task.done(), task.exception()
        task.cancel()
    await in_database(answer.refresh_from_db)
    assert (turn.status, answer.text) == ("stopped", redaction.REMOVED)
    for reader, before in zip(readers, removed, strict=True):
        told = "".join(reader.frames)
        after = told[told.index("message.redacted") :]
        assert redaction.REMOVED in after and SECRET not in after
        assert before > 0


@pytest.mark.django_db
def test_a_removed_message_is_not_removed_twice(alice, root):  # noqa: F811
    message = said(alice).messages.get(role="user")
    assert len(redaction.redact(message_id=message.pk, by=root, reason=REASON)) == 1
    assert redaction.redact(message_id=message.pk, by=root, reason=REASON) == []
    assert Redaction.objects.count() == 1
