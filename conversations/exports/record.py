"""Rows as the JSON of an export has them: all that is known, and nobody's address."""

import datetime
import json
import uuid
from collections.abc import Container, Mapping
from typing import Any

import orjson

from ..models import Attachment, ContextDigest, Conversation, Feedback, Message, StoredFile, Summary, Turn

FORMAT = "chatsite.conversation"
VERSION = 1


def dumps(value: Any) -> bytes:
    """Return a value as JSON, the same bytes for the same value."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # A number of more than 64 bits, which a model may have given a tool: as precise as JSON readers take it.
        return orjson.dumps(orjson.loads(json.dumps(value)), option=orjson.OPT_SORT_KEYS)


def moment(at: datetime.datetime | None) -> str | None:
    """Return a moment in UTC as text."""
    return at.astimezone(datetime.UTC).isoformat() if at else None


def conversation(row: Conversation, *, leaf: uuid.UUID | None) -> dict[str, Any]:
    """Return a conversation's own fields, with the branch open that ends in `leaf`."""
    return {
        "id": str(row.pk),
        "title": row.title,
        "title_by": row.title_by,
        "model": row.model,
        "mode": row.mode,
        "instructions": row.instructions,
        "parameters": row.parameters,
        "status": row.status,
        "pinned": row.pinned,
        "archived": row.archived,
        "tags": row.tag_names,
        "leaf": str(leaf) if leaf else None,
        "rating": row.rating,
        "rated_at": moment(row.rated_at),
        "created_at": moment(row.created_at),
        "active_at": moment(row.active_at),
    }


def turn(
    row: Turn,
    messages: list[Message],
    *,
    parent: uuid.UUID | None,
    inside: Container[uuid.UUID],
    thumbs: Mapping[uuid.UUID, Feedback],
) -> dict[str, Any]:
    """Return a turn with its messages and what was thought of them; `parent` is the turn that it follows, and `inside`
    are the turns of the export before it."""
    return {
        "id": str(row.pk),
        "parent": str(parent) if parent in inside else None,
        "continues": str(row.continues_id) if row.continues_id in inside else None,
        "carried": row.carried,
        "status": row.status,
        "model": row.model,
        "mode": row.mode,
        "intent": row.intent,
        "created_at": moment(row.created_at),
        "started_at": moment(row.started_at),
        "finished_at": moment(row.finished_at),
        "first_token_ms": row.first_token_ms,
        "total_ms": row.total_ms,
        "finish_reason": row.finish_reason,
        "error_code": row.error_code,
        "error_detail": row.error_detail,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "usage_exact": row.usage_exact,
        "verbatim": row.verbatim,
        "condensed": row.condensed,
        "left_out": row.left_out,
        "digest": str(row.digest_id) if row.digest and row.digest.through_id in inside else None,
        "window": row.window,
        "window_used": row.window_used,
        "truncated": row.truncated,
        "parameters": row.parameters,
        "instructed": row.instructed,
        "included": row.included,
        "messages": [message(each, thumbs.get(each.pk)) for each in messages],
    }


def message(row: Message, thumbs: Feedback | None) -> dict[str, Any]:
    """Return a message; how it was said live is nobody's business any more."""
    return {
        "id": str(row.pk),
        "role": row.role,
        "status": row.status,
        "text": row.text,
        "thinking": row.thinking,
        "thinking_ms": row.thinking_ms,
        "model": row.model,
        "tool_calls": row.tool_calls,
        "tool_call_id": row.tool_call_id,
        "tool_name": row.tool_name,
        "tool_run": row.tool_run,
        "created_at": moment(row.created_at),
        "attachments": [attachment(each) for each in row.attachments.all()],
        "feedback": {"value": thumbs.value, "reason": thumbs.reason} if thumbs else None,
    }


def attachment(row: Attachment) -> dict[str, Any]:
    """Return which file was attached, and as what."""
    return {"id": str(row.pk), "name": row.name, "sha256": row.file.sha256, "created_at": moment(row.created_at)}


def file(row: StoredFile) -> dict[str, Any]:
    """Return what a file is; its bytes are in the archive, by their digest."""
    return {
        "sha256": row.sha256,
        "size": row.size,
        "kind": row.kind,
        "media_type": row.media_type,
        "tokens": row.tokens,
    }


def digest(row: ContextDigest) -> dict[str, Any]:
    """Return what was sent in place of the beginning of a branch."""
    return {
        "id": str(row.pk),
        "through": str(row.through_id),
        "version": row.version,
        "text": row.text,
        "facts": row.facts,
        "turns": row.turns,
        "messages": row.messages,
        "tokens": row.tokens,
        "by": row.by,
        "model": row.model,
        "created_at": moment(row.created_at),
    }


def summary(row: Summary) -> dict[str, Any]:
    """Return what a session came to."""
    return {
        "number": row.number,
        "leaf": str(row.leaf_id) if row.leaf_id else None,
        "ended_by": row.ended_by,
        "start_time": moment(row.start_time),
        "end_time": moment(row.end_time),
        "metrics": row.metrics,
        "state": row.state,
        "by": row.by,
        "text": row.text,
        "topics": row.topics,
        "sentiment": row.sentiment,
        "outcomes": row.outcomes,
        "model": row.model,
        "created_at": moment(row.created_at),
        "written_at": moment(row.written_at),
    }
