"""What a socket may be told: each frame's fields and their kinds, read strictly."""

import uuid

import orjson

from .errors import ChatError, Invalid

# The fields of each frame and what they hold; a leading "?" marks the ones that may be left out.
FIELDS: dict[str, dict[str, str]] = {
    "turn.start": {
        "text": "text",
        "client_id": "uuid",
        "model": "?text",
        "parent": "?uuid",
        "attachments": "?uuids",
        "mode": "?text",
    },
    "turn.stop": {"turn": "uuid"},
    "turn.retry": {"turn": "uuid", "client_id": "?uuid", "model": "?text", "mode": "?text"},
    "turn.edit": {"turn": "uuid", "text": "text", "client_id": "?uuid", "model": "?text"},
    "turn.continue": {"turn": "uuid", "client_id": "?uuid", "model": "?text"},
    "sync": {"message": "uuid", "seq": "any"},
    "conversation.end": {},
    "ping": {},
}
# What somebody who may only watch may send.
WATCHING = {"sync", "ping"}


class BadJson(ChatError):
    """Not JSON at all: counted, because a program that sends it is broken."""

    code = "bad_json"
    detail = "This is not valid JSON."


def read(text: str) -> dict:
    """Return the frame; raises BadJson or Invalid."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "surrogate" in str(error):
            raise BadJson("The text holds half of a Unicode character.", code="invalid_unicode") from None
        raise BadJson from None
    except UnicodeEncodeError:
        raise BadJson("The text holds half of a Unicode character.", code="invalid_unicode") from None
    if not isinstance(frame, dict):
        raise Invalid("A frame is a JSON object with a type.")
    kind = frame.get("type")
    if not isinstance(kind, str) or kind not in FIELDS:
        raise Invalid(f"The type of a frame is one of: {', '.join(FIELDS)}.", code="unknown_type")
    fields = FIELDS[kind]
    for name in frame:
        if name != "type" and name not in fields:
            raise Invalid(f"{kind} has no field of that name; it has: {', '.join(fields) or 'none'}.")
    for name, wanted in fields.items():
        _check(kind, name, frame.get(name), wanted, present=name in frame)
    return frame


def _check(kind: str, name: str, value, wanted: str, present: bool) -> None:
    optional = wanted.startswith("?")
    if not present or value is None:
        if optional or wanted == "any":
            return
        raise Invalid(f"{kind} needs {name}.")
    match wanted.lstrip("?"):
        case "text":
            if not isinstance(value, str):
                raise Invalid(f"{name} is text.")
        case "uuid":
            if not is_uuid(value):
                raise Invalid(f"{name} is a UUID in its usual form.")
        case "uuids":
            if not isinstance(value, list) or not all(is_uuid(each) for each in value):
                raise Invalid(f"{name} is a list of UUIDs in their usual form.")


def is_uuid(value) -> bool:
    """Whether a value is a UUID as we write them: lower case, with hyphens."""
    try:
        return str(uuid.UUID(value)) == value
    except (ValueError, TypeError, AttributeError):
        return False
