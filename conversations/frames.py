"""What a socket may be told: each frame's fields and their kinds, read strictly."""

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite.ids import uuid_of

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
    detail = _("This is not valid JSON.")


# A Stop names a turn and nothing else.
STOP_CHARACTERS = 200


def is_stop(text: str | None) -> bool:
    """Whether a frame asks for an answer to stop; whatever it is otherwise is not looked at."""
    if text is None or len(text) > STOP_CHARACTERS:
        return False
    try:
        return read(text)["type"] == "turn.stop"
    except ChatError:
        return False


def read(text: str) -> dict:
    """Return the frame; raises BadJson or Invalid."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "surrogate" in str(error):
            raise BadJson(gettext("The text holds half of a Unicode character."), code="invalid_unicode") from None
        raise BadJson from None
    except UnicodeEncodeError:
        raise BadJson(gettext("The text holds half of a Unicode character."), code="invalid_unicode") from None
    if not isinstance(frame, dict):
        raise Invalid(gettext("A frame is a JSON object with a type."))
    kind = frame.get("type")
    if not isinstance(kind, str) or kind not in FIELDS:
        raise Invalid(
            gettext("The type of a frame is one of: %(fields)s.") % {"fields": ", ".join(FIELDS)}, code="unknown_type"
        )
    fields = FIELDS[kind]
    for name in frame:
        if name != "type" and name not in fields:
            raise Invalid(
                gettext("%(kind)s has no field of that name; it has: %(none)s.")
                % {"kind": kind, "none": ", ".join(fields) or "none"}
            )
    for name, wanted in fields.items():
        _check(kind, name, frame.get(name), wanted, present=name in frame)
    return frame


def _check(kind: str, name: str, value, wanted: str, present: bool) -> None:
    optional = wanted.startswith("?")
    if not present or value is None:
        if optional or wanted == "any":
            return
        raise Invalid(gettext("%(kind)s needs %(name)s.") % {"kind": kind, "name": name})
    match wanted.lstrip("?"):
        case "text":
            if not isinstance(value, str):
                raise Invalid(gettext("%(name)s is text.") % {"name": name})
        case "uuid":
            if not is_uuid(value):
                raise Invalid(gettext("%(name)s is a UUID in its usual form.") % {"name": name})
        case "uuids":
            if not isinstance(value, list) or not all(is_uuid(each) for each in value):
                raise Invalid(gettext("%(name)s is a list of UUIDs in their usual form.") % {"name": name})


def is_uuid(value) -> bool:
    """Whether a value is a UUID as we write them: lower case, with hyphens."""
    found = uuid_of(value)
    return found is not None and str(found) == value
