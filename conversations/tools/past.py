"""What was said before: in this conversation, in others, and which others there are."""

from collections import Counter
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from .. import search
from ..errors import ChatError
from ..models import Conversation, Message, Turn, UsageEntry
from .kind import Kind, number, of

MOST_FOUND = 20
# Where nothing holds all words, those of at least so many letters are looked for one by one.
WORD_CHARACTERS = 4
MOST_WORDS = 4


def session_stats(turn: Turn, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return figures of this conversation; the question that asks for them counts too."""
    conversation = turn.conversation
    # Of the open branch: what was edited away is not what the person sees.
    branch = [each.pk for each in Turn.objects.branch(turn.pk, limit=turn.depth + 1, messages=False)]
    messages = Message.objects.filter(turn__in=branch)
    roles: Counter[str] = Counter()
    words = 0
    for role, text in messages.values_list("role", "text").iterator():
        roles[role] += 1
        words += len(text.split()) if role != Message.Role.TOOL else 0
    used = UsageEntry.objects.filter(conversation_id=conversation.pk, user_id=turn.author_id)
    tokens = used.aggregate(read=Sum("prompt_tokens"), written=Sum("completion_tokens"))
    lasted = timezone.now() - conversation.created_at
    return {
        "title": conversation.title,
        "started_at": conversation.created_at.isoformat(timespec="seconds"),
        "minutes_since_start": round(lasted.total_seconds() / 60, 1),
        "messages_from_the_person": roles[Message.Role.USER],
        # The answer that is being written is none yet.
        "answers": max(0, roles[Message.Role.ASSISTANT] - 1),
        "tool_calls": roles[Message.Role.TOOL],
        "words": words,
        "tokens_read_by_the_model": tokens["read"] or 0,
        "tokens_written_by_the_model": tokens["written"] or 0,
    }


def chat_history(turn: Turn, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what the person's own conversations hold of some words, the newest first."""
    query, limit = str(arguments["query"]), arguments.get("limit", 8)
    found = _hits(turn, query, limit)
    looked_for = query
    if not found:
        words = sorted({word for word in query.split() if len(word) >= WORD_CHARACTERS}, key=len, reverse=True)
        for word in words[:MOST_WORDS]:
            if found := _hits(turn, word, limit):
                looked_for = word
                break
    return {
        "looked_for": looked_for,
        "found": [
            {
                "conversation": hit.title,
                "in_this_conversation": hit.conversation_id == turn.conversation_id,
                "said_by": _speaker(hit),
                "said_at": hit.created_at.isoformat(timespec="minutes"),
                "text": "".join(piece.text for piece in hit.snippet),
            }
            for hit in found
        ],
    }


def all_sessions(turn: Turn, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the person's own conversations, the newest first."""
    limit = arguments.get("limit", 10)
    theirs = Conversation.objects.visible_to(turn.author)
    newest = theirs.recent().only("title", "status", "message_count", "created_at", "active_at")[:limit]
    return {
        "conversations_in_all": theirs.count(),
        "newest": [
            {
                "title": each.title or "New chat",
                "this_one": each.pk == turn.conversation_id,
                "status": each.status,
                "messages": each.message_count,
                "started_at": each.created_at.isoformat(timespec="minutes"),
                "last_active_at": each.active_at.isoformat(timespec="minutes"),
            }
            for each in newest
        ],
    }


def _speaker(hit: search.Hit) -> str:
    if hit.file is not None:
        page = f", p. {hit.file.page}" if hit.file.page else ""
        return f"the attached file {hit.file.name}{page}"
    return {"user": "the person", "assistant": "the assistant"}.get(hit.role or "", "title")


def _hits(turn: Turn, typed: str, limit: int) -> list[search.Hit]:
    """Return what was found, but for the question itself, and for the title, which may have been made of it."""
    try:
        # Two more, which may be those.
        found = search.messages(user=turn.author, typed=typed, limit=limit + 2).hits
    except ChatError:
        return []
    others = [hit for hit in found if hit.turn_id != turn.pk]
    return [hit for hit in others if hit.turn_id or hit.conversation_id != turn.conversation_id][:limit]


KINDS = (
    Kind(
        "get_session_stats",
        "Figures of this conversation: how many messages the person has sent, answers, words, tokens, how long ago it"
        " began. Use it when the person asks about this conversation itself.",
        session_stats,
    ),
    Kind(
        "search_chat_history",
        "Searches everything this person and the assistant have said, and the files that the person attached, in this"
        " and all earlier conversations. Use it when the person asks whether, when or what was said about something.",
        chat_history,
        of(
            query={"type": "string", "minLength": 1, "maxLength": 200, "description": "The words to look for."},
            limit=number(MOST_FOUND, 8),
        ),
    ),
    Kind(
        "get_all_sessions",
        "Lists this person's conversations, the newest first, with titles, dates and numbers of messages.",
        all_sessions,
        of(limit=number(50, 10)),
    ),
)
