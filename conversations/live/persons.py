"""What goes on among a person's conversations, told to all of their pages: which one is being answered, has an answer,
was looked at, or looks different in the list. No row is read for it."""

import uuid
from collections.abc import Iterable, Sequence

from .watchers import Watcher

CHANGED = {"type": "chats.changed"}

_listeners: dict[str, set[Watcher]] = {}


def key_of(user_id: uuid.UUID | str) -> str:
    """Return the name under which a person's news travel: never that of a conversation, which is a bare UUID."""
    return f"person.{user_id}"


def keys() -> list[str]:
    """Return the names under which somebody listens in this process."""
    return list(_listeners)


def add(key: str, watcher: Watcher) -> None:
    """Let a page hear a person's news from now on."""
    _listeners.setdefault(key, set()).add(watcher)


def remove(key: str, watcher: Watcher) -> bool:
    """Let a page hear them no more; whether nobody listens now."""
    listeners = _listeners.get(key, set())
    listeners.discard(watcher)
    if not listeners:
        _listeners.pop(key, None)
    return not listeners


def clear() -> None:
    """Forget all who listen."""
    _listeners.clear()


def deliver(key: str, news: Iterable[dict]) -> None:
    """Give news to all who listen in this process."""
    for watcher in _listeners.get(key, ()):
        for event in news:
            watcher.put(event)


def news_of(conversation_id, news: Sequence[dict]) -> list[dict]:
    """Return what of a conversation's news concerns the list of its owner's conversations."""
    chat = str(conversation_id)
    told: list[dict] = []
    for event in news:
        match event["type"]:
            case "turn.started":
                told.append({"type": "chats.running", "chat": chat, "running": True})
            case "turn.finished":
                told.append({"type": "chats.running", "chat": chat, "running": False})
            case "conversation.updated" | "conversation.deleted":
                told.append(CHANGED)
    return told


def seen(conversation_id) -> dict:
    """Return the news that somebody has looked at a conversation."""
    return {"type": "chats.seen", "chat": str(conversation_id)}
