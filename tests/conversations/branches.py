"""Conversations that were had before, as rows, and what a model is sent with the next question."""

import hashlib
import uuid
from collections.abc import Iterable

from accounts.models import User
from conversations import assembly, context
from conversations.models import Conversation, Message, Turn
from llm.values import Model


def talked(
    owner: User, pairs: Iterable[tuple[str, str]], *, after: Turn | None = None, status: str = "completed"
) -> Turn:
    """Return the last turn of a conversation, or of a branch after a turn, in which these pairs were said."""
    conversation = after.conversation if after else Conversation.objects.create(owner=owner)
    turns, messages, last = [], [], after
    for question, answer in pairs:
        last = Turn(
            conversation=conversation,
            parent=last,
            depth=last.depth + 1 if last else 0,
            milestone_id=last.milestone_of_next if last else None,
            author=owner,
            fingerprint=hashlib.sha256(question.encode()).hexdigest(),
            status=status,
        )
        turns.append(last)
        messages.append(Message(turn=last, position=0, role="user", text=question))
        messages.append(Message(turn=last, position=1, role="assistant", text=answer))
    Turn.objects.bulk_create(turns)
    Message.objects.bulk_create(messages)
    Conversation.objects.filter(pk=conversation.pk).update(leaf=last)
    assert last is not None
    return last


def model(window: int | None = 2048) -> Model:
    """Return a model with a window of so many tokens."""
    return Model(id="ollama/m", name="m", provider="ollama", capabilities=frozenset({"completion"}), window=window)


def sent(after: Turn | None, question: str, *, window: int | None = 2048, owner: User | None = None) -> assembly.Sent:
    """Return what a model is sent with a question after a turn."""
    author = after.author if after else owner
    conversation = after.conversation if after else Conversation.objects.create(owner=author)
    turn = Turn(conversation=conversation, parent=after, author=author, depth=after.depth + 1 if after else 0)
    asked = context.asked(Message(id=uuid.uuid4(), role="user", text=question))
    return assembly.assemble(turn=turn, asked=asked, model=model(window))


def words(sent: assembly.Sent) -> str:
    """Return all that is sent as one text."""
    return "\n".join(message.text for message in sent.messages)
