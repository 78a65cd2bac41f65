"""The forms in which a socket tells things: text (JSON), html (JSON with rendered blocks) and plain (bare text)."""

from collections.abc import Sequence
from datetime import datetime

import orjson
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from chatsite.templatetags.pages import seconds

from .kept import sentence
from .live import LiveMessage
from .live.feeds import Delta
from .models import Attachment, ContextDigest, Message, StoredFile, Turn
from .rendering import blocks, ready_blocks, translated


def encode(frame: dict) -> str:
    """Return a frame as JSON."""
    return orjson.dumps(frame).decode()


class Text:
    """For programs: the words as they are."""

    name = "text"
    html = False

    def event(self, event: dict) -> str | None:
        if event["type"] in {"message.completed", "tool.returned"}:
            # The reader has the text already, and the digest to make sure; of a result it gets the beginning.
            event = {key: value for key, value in event.items() if key != "content"}
        return encode(event)

    def delta(self, message: LiveMessage, delta: Delta) -> str | None:
        frame = {"type": "message.delta", "message": message.id, "turn": message.turn, "seq": delta.seq}
        frame["text"] = delta.text
        if delta.thinking:
            frame["thinking"] = delta.thinking
        return encode(frame)

    def snapshot(self, message: LiveMessage) -> str | None:
        return encode(_snapshot(message.id, message.turn, message) | {"content": message.text})

    def conversation(self, snapshot: dict) -> str | None:
        """Return the frame a reader starts from."""
        return encode(snapshot)

    def kept(self, message: Message) -> str | None:
        """Return the whole of a message that is not live any more."""
        return encode(_snapshot(str(message.pk), str(message.turn_id), message) | {"content": message.text})


class Html(Text):
    """For the page: what the renderer made of the words, and whole parts of the page for new messages and ends."""

    name = "html"
    html = True

    def event(self, event: dict) -> str | None:
        match event["type"]:
            case "message.created":
                shown = {key: value for key, value in event.items() if key not in {"content", "thinking"}}
                return encode(shown | {"html": _message_html(event)})
            case "message.completed":
                shown = {key: value for key, value in event.items() if key != "content"}
                return encode(
                    shown
                    | {"blocks": translated(ready_blocks(event["content"])), "thought": thought(event["thinking_ms"])}
                )
            case "message.redacted":
                return encode(event | {"html": _redacted_html(event)})
            case "tool.asked":
                return encode(event | {"html": _asking_html(event)})
            case "tool.returned":
                shown = {key: value for key, value in event.items() if key not in {"content", "result"}}
                return encode(shown | {"html": _returned_html(event)})
            case "turn.finished":
                return encode(event | {"html": _turn_end_html(event)})
            case "turn.status" if "label" in event:
                return encode(event | {"label": sentence(event["label"])})
            case _:
                return encode(event)

    def delta(self, message: LiveMessage, delta: Delta) -> str | None:
        frame = {"type": "message.delta", "message": message.id, "turn": message.turn, "seq": delta.seq}
        frame["from"] = delta.first
        frame["blocks"] = translated(delta.blocks or [])
        if delta.thinking:
            frame["thinking"] = delta.thinking
        return encode(frame)

    def snapshot(self, message: LiveMessage) -> str | None:
        return encode(_snapshot(message.id, message.turn, message) | {"blocks": translated(message.html())})

    def conversation(self, snapshot: dict) -> str | None:
        messages = []
        for fields in snapshot["messages"]:
            shown = {key: value for key, value in fields.items() if key != "content"}
            shown["blocks"] = translated(shown["blocks"] if "blocks" in shown else blocks(fields["content"]))
            messages.append(shown)
        return encode(snapshot | {"messages": messages})

    def kept(self, message: Message) -> str | None:
        return encode(
            _snapshot(str(message.pk), str(message.turn_id), message) | {"blocks": translated(blocks(message.text))}
        )


class Plain(Text):
    """For a six-line script: the words of the answer and nothing else; an empty frame ends an answer."""

    name = "plain"

    def event(self, event: dict) -> str | None:
        return "" if event["type"] == "turn.finished" else None

    def conversation(self, snapshot: dict) -> str | None:
        return None

    def kept(self, message: Message) -> str | None:
        return None


FORMATS = {format.name: format for format in (Text(), Html(), Plain())}


def thought(milliseconds: int | None) -> str:
    """Return what the fold with a model's thoughts is called: "Thought for 12 s" if somebody knows how long."""
    return (
        gettext("Thoughts")
        if milliseconds is None
        else gettext("Thought for %(seconds)s") % {"seconds": seconds(milliseconds)}
    )


def _snapshot(message_id: str, turn_id: str, message: LiveMessage | Message) -> dict:
    return {
        "type": "message.snapshot",
        "message": message_id,
        "turn": turn_id,
        "seq": message.seq,
        "thinking": message.thinking,
        "status": message.status,
    }


def _message_html(event: dict) -> str:
    message = Message(
        id=event["message"],
        turn_id=event["turn"],
        role=event["role"],
        text=event["content"],
        thinking=event["thinking"],
        thinking_ms=event["thinking_ms"],
        model=event["model"],
        status=event["status"],
        seq=event["seq"],
        tool_name=event["tool_name"],
        tool_run=event["tool_run"],
        created_at=datetime.fromisoformat(event["created_at"]),
    )
    message.remember([_attachment(each) for each in event["attachments"]])
    return _shown(message, new=True, notes=event["notes"])


def _redacted_html(event: dict) -> str:
    message = Message(
        id=event["message"],
        turn_id=event["turn"],
        role=event["role"],
        text=event["content"],
        model=event["model"],
        status=event["status"],
        seq=event["seq"],
        tool_name=event["tool_name"],
        created_at=datetime.fromisoformat(event["created_at"]),
        redacted_at=timezone.now(),
    )
    message.remember([])
    return _shown(message)


def _asking_html(event: dict) -> str:
    decided = {} if event["allowed"] is None else {"allowed": event["allowed"]}
    return _tool_html(event, "", {"asks": True} | decided)


def _returned_html(event: dict) -> str:
    return _tool_html(event, event["content"], {"ok": event["ok"], "ms": event["ms"]})


def _tool_html(event: dict, text: str, run: dict) -> str:
    return _shown(
        Message(
            id=event["message"],
            turn_id=event["turn"],
            role=Message.Role.TOOL,
            text=text,
            tool_name=event["name"],
            tool_run={"arguments": event["arguments"]} | run,
            status=event["status"],
        )
    )


def _shown(message: Message, *, new: bool = False, notes: Sequence[dict] = ()) -> str:
    turn = Turn(id=message.turn_id, status=Turn.Status.QUEUED, model=message.model, notes=list(notes))
    return render_to_string("conversations/_message.html", {"message": message, "turn": turn, "new": new})


def _attachment(fields: dict) -> Attachment:
    file = StoredFile(
        kind=fields["kind"],
        size=fields["size"],
        tokens=fields["tokens"],
        # Only whether there is one matters.
        thumbnail="thumbnail" if fields["thumbnail"] else "",
        receipt=fields["receipt"],
    )
    return Attachment(id=fields["id"], name=fields["name"], file=file)


def _context(fields: dict) -> dict:
    digest = fields["digest"]
    return fields | {"digest": digest and ContextDigest(**digest)}


def _turn_end_html(event: dict) -> str:
    usage = event["usage"] or {}
    error = event["error"] or {}
    turn = Turn(
        id=event["turn"],
        status=event["status"],
        model=event["model"],
        finish_reason=event["finish_reason"],
        error_code=error.get("code", ""),
        error_detail=error.get("detail", ""),
        prompt_tokens=usage.get("prompt_tokens"),
        completion_tokens=usage.get("completion_tokens"),
        usage_exact=usage.get("exact", False),
        mode=event["mode"],
        intent=event["intent"],
        parameters=event["parameters"],
        **_context(event["context"]),
        included=event["included"],
        notes=event["notes"],
        continues_id=event["continues"],
        carried=event["carried"],
        finished_at=datetime.fromisoformat(event["finished_at"]),
        **event["timings"],
    )
    return render_to_string("conversations/_turn_end.html", {"turn": turn})
