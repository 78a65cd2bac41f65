"""Answers that have to be an object of a certain shape: read strictly, and when that fails as kindly as can be."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from .schema import has_type, problems
from .values import Message

ANSWER = "the answer"
NOT_JSON = "It is not a JSON object and nothing else."
# Further objects in a text are not looked for.
OBJECTS_LOOKED_AT = 5
TEXT_CHARACTERS = 200_000
TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


def read(text: str, *, schema: dict[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the object that a text is, if it fits the schema, else None and what is wrong, a sentence each."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None, [NOT_JSON]
    wrong = problems(value, schema=schema, what=ANSWER)
    return (None, wrong) if wrong else (value, [])


def ask_again(messages: Sequence[Message], text: str, wrong: Sequence[str]) -> list[Message]:
    """Return the messages that ask for the same once more, and say what was wrong with the answer."""
    complaint = f"That cannot be used: {' '.join(wrong)} Answer again with the JSON object alone."
    return [*messages, Message(role="assistant", text=text), Message(role="user", text=complaint)]


def mend(text: str, *, schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first object in a text that fits the schema when what is too much is left away; None without one."""
    for value in _objects(text[:TEXT_CHARACTERS]):
        mended = _fit(value, schema)
        if not problems(mended, schema=schema, what=ANSWER):
            return mended
    return None


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects in a text, whatever is written around them."""
    start = -1
    for _ in range(OBJECTS_LOOKED_AT):
        start = text.find("{", start + 1)
        if start < 0:
            return
        end = _end_of(text, start)
        if end is None:
            continue
        piece = text[start:end]
        for spelling in (piece, TRAILING_COMMA.sub("", piece)):
            try:
                value = orjson.loads(spelling)
            except orjson.JSONDecodeError:
                continue
            if isinstance(value, dict):
                yield value
                start = end - 1
            break


def _end_of(text: str, start: int) -> int | None:
    """Return where the object ends that begins here; braces within strings do not count."""
    depth, quoted, escaped = 0, False, False
    for place in range(start, len(text)):
        character = text[place]
        if escaped:
            escaped = False
        elif quoted:
            escaped = character == "\\"
            quoted = character != '"'
        elif character == '"':
            quoted = True
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if not depth:
                return place + 1
    return None


def _fit(value: Any, schema: dict[str, Any]) -> Any:
    """Return the value without what the schema does not know or has no room for."""
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        return {name: _fit(item, known[name]) for name, item in value.items() if name in known}
    if isinstance(value, list):
        inner = schema.get("items", {})
        wanted = inner.get("type")
        kept = [item for item in value if not isinstance(wanted, str) or has_type(item, wanted)]
        return [_fit(item, inner) for item in kept[: schema.get("maxItems", len(kept))]]
    if isinstance(value, str):
        if "enum" in schema:
            return value.strip().lower()
        return value[: schema.get("maxLength", len(value))]
    return value
