"""News about rows, as the dictionaries that every edge receives; ids are strings so that they cross processes."""

import hashlib

from .models import Attachment, Conversation, Message, Turn

# How much of a tool's result is told live.
PREVIEW_CHARACTERS = 500


def conversation_fields(conversation: Conversation) -> dict:
    """Return what a page or program shows of a conversation."""
    return {
        "id": str(conversation.pk),
        "title": conversation.title,
        "status": conversation.status,
        "model": conversation.model,
        "mode": conversation.mode,
        "leaf": str(conversation.leaf_id) if conversation.leaf_id else None,
        "pinned": conversation.pinned,
        "archived": conversation.archived,
    }


def conversation_updated(conversation: Conversation) -> dict:
    """Return the news that a conversation's own fields changed."""
    return {"type": "conversation.updated", "conversation": str(conversation.pk), **_without_id(conversation)}


def conversation_deleted(conversation_id) -> dict:
    """Return the news that a conversation is gone."""
    return {"type": "conversation.deleted", "conversation": str(conversation_id)}


def turn_started(turn: Turn) -> dict:
    """Return the news that a turn was accepted."""
    return {
        "type": "turn.started",
        "turn": str(turn.pk),
        "parent": str(turn.parent_id) if turn.parent_id else None,
        "client_id": turn.client_id,
        "model": turn.model,
        "mode": turn.mode,
    }


def turn_status(turn_id, stage: str, **detail) -> dict:
    """Return the news of what a turn is busy with: queued, loading, reading, writing or tool."""
    return {"type": "turn.status", "turn": str(turn_id), "stage": stage, **detail}


def usage_of(turn: Turn) -> dict | None:
    """Return how many tokens a turn took, and whether the model server counted them; None while nobody knows."""
    if turn.prompt_tokens is None and turn.completion_tokens is None:
        return None
    return {
        "prompt_tokens": turn.prompt_tokens,
        "completion_tokens": turn.completion_tokens,
        "exact": turn.usage_exact,
    }


def error_of(turn: Turn) -> dict | None:
    """Return what went wrong with a turn; None if nothing did."""
    return {"code": turn.error_code, "detail": turn.error_detail} if turn.error_code else None


def timings_of(turn: Turn) -> dict:
    """Return how long a turn took until its first word and in all, in milliseconds, None while nobody knows."""
    return {"first_token_ms": turn.first_token_ms, "total_ms": turn.total_ms}


def context_of(turn: Turn) -> dict:
    """Return what of its branch a turn's model was sent, and how full its window was, in tokens, None where nobody
    knows."""
    digest = turn.digest
    return {
        "verbatim": turn.verbatim,
        "condensed": turn.condensed,
        "left_out": turn.left_out,
        "digest": digest and {"id": str(digest.pk), "version": digest.version, "by": digest.by, "text": digest.text},
        "window": turn.window,
        "window_used": turn.window_used,
        "truncated": turn.truncated,
        "instructed": turn.instructed,
    }


def continued_fields(turn: Turn) -> dict:
    """Return which turn's answer this one goes on with, and how many of its characters were said there."""
    return {"continues": str(turn.continues_id) if turn.continues_id else None, "carried": turn.carried}


def turn_finished(turn: Turn) -> dict:
    """Return the news that nothing more will come for this turn, with why, usage and timings."""
    return {
        "type": "turn.finished",
        "turn": str(turn.pk),
        "status": turn.status,
        "finish_reason": turn.finish_reason,
        "model": turn.model,
        "error": error_of(turn),
        "usage": usage_of(turn),
        "timings": timings_of(turn),
        "mode": turn.mode,
        "intent": turn.intent,
        "parameters": turn.parameters,
        "context": context_of(turn),
        "included": turn.included,
        "notes": turn.notes,
        **continued_fields(turn),
        "finished_at": turn.finished_at.isoformat() if turn.finished_at else None,
    }


def message_fields(message: Message) -> dict:
    """Return a message as programs see it."""
    return {
        "id": str(message.pk),
        "turn": str(message.turn_id),
        "role": message.role,
        "content": message.text,
        "thinking": message.thinking,
        "thinking_ms": message.thinking_ms,
        "model": message.model,
        "status": message.status,
        "seq": message.seq,
        "tool_calls": message.tool_calls,
        "tool_name": message.tool_name,
        "tool_call_id": message.tool_call_id,
        "tool_run": message.tool_run,
        "created_at": message.created_at.isoformat(),
        "attachments": [attachment_fields(each) for each in message.attachments.all()] if _may_have(message) else [],
    }


def attachment_fields(attachment: Attachment) -> dict:
    """Return an attached file as programs see it; its bytes and its text have addresses of their own."""
    file = attachment.file
    return {
        "id": str(attachment.pk),
        "name": attachment.name,
        "kind": file.kind,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "tokens": file.tokens,
        "thumbnail": bool(file.thumbnail),
        "receipt": file.receipt,
        "created_at": attachment.created_at.isoformat(),
    }


def message_created(message: Message, *, client_id: str | None = None) -> dict:
    """Return the news of a new message."""
    fields = message_fields(message)
    notes = message.turn.notes if message.role == Message.Role.USER else []
    return {
        "type": "message.created",
        "message": fields.pop("id"),
        **fields,
        "client_id": client_id,
        "notes": [note for note in notes if note["place"] == "question"],
    }


def message_redacted(message: Message) -> dict:
    """Return the news that a message was removed: it says no more than that from now on."""
    return {
        "type": "message.redacted",
        "message": str(message.pk),
        "turn": str(message.turn_id),
        "role": message.role,
        "content": message.text,
        "seq": message.seq,
        "status": message.status,
        "model": message.model,
        "tool_name": message.tool_name,
        "created_at": message.created_at.isoformat(),
    }


def begins_answer(event: dict) -> bool:
    """Whether the news is that of an answer that is going to be written."""
    if event["type"] != "message.created" or event["role"] != Message.Role.ASSISTANT:
        return False
    return event["status"] == Message.Status.STREAMING


def tool_called(message: Message) -> dict:
    """Return the news that a tool begins to work."""
    return {
        "type": "tool.called",
        "turn": str(message.turn_id),
        "message": str(message.pk),
        "id": message.tool_call_id,
        "name": message.tool_name,
        "arguments": message.tool_run.get("arguments", {}),
    }


def tool_asked(message: Message) -> dict:
    """Return the news that a tool waits to be allowed (`allowed` is None), or what was decided."""
    told = tool_called(message) | {"type": "tool.asked", "status": message.status}
    return told | {"allowed": message.tool_run.get("allowed")}


def tool_returned(message: Message) -> dict:
    """Return the news of what a tool answered: `result` is the beginning of it, `content` the whole."""
    return {
        "type": "tool.returned",
        "turn": str(message.turn_id),
        "message": str(message.pk),
        "id": message.tool_call_id,
        "name": message.tool_name,
        "arguments": message.tool_run.get("arguments", {}),
        "status": message.status,
        "result": message.text[:PREVIEW_CHARACTERS],
        "content": message.text,
        "ok": message.tool_run.get("ok", False),
        "ms": message.tool_run.get("ms"),
    }


def message_completed(*, message_id, turn_id, seq: int, text: str, status: str, thinking_ms: int | None = None) -> dict:
    """Return the news that a message has its last letter, with that text and the digest of its UTF-8 form."""
    return {
        "type": "message.completed",
        "message": str(message_id),
        "turn": str(turn_id),
        "seq": seq,
        "sha256": digest(text),
        "status": status,
        "thinking_ms": thinking_ms,
        "content": text,
    }


def ended(turn: Turn) -> list[dict]:
    """Return the news that ends a turn: its answers have their last letter, and nothing more will come."""
    answers = [message for message in turn.messages.all() if message.role == Message.Role.ASSISTANT]
    news = [
        message_completed(
            message_id=message.pk,
            turn_id=turn.pk,
            seq=message.seq,
            text=message.text,
            status=message.status,
            thinking_ms=message.thinking_ms,
        )
        for message in answers
    ]
    return [*news, turn_finished(turn)]


def digest(text: str) -> str:
    """Return the hexadecimal SHA-256 of the UTF-8 text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _may_have(message: Message) -> bool:
    """Whether to look for attachments: only questions have them."""
    return message.role == Message.Role.USER


def _without_id(conversation: Conversation) -> dict:
    fields = conversation_fields(conversation)
    del fields["id"]
    return fields
