"""What goes into the log, and how much of it: ids of what a line is about, never what somebody said."""

import json
import logging
import re
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings

# A stranger chooses the words of some lines, so their length is ours to choose.
STRANGER_CHARACTERS = 200
# The names of requests that a proxy may give: they stand in the log, in the audit ledger and in a header.
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

_about: ContextVar[Mapping[str, Any]] = ContextVar("log_about", default=MappingProxyType({}))


class OneLine(logging.Filter):
    """Lets a record through as one short line, without the traceback of a request that only came to the wrong door."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        record.msg, record.args = record.getMessage()[:STRANGER_CHARACTERS], ()
        return True


class Plain(logging.Formatter):
    """A line for people, with tracebacks that say where and which, but quote nothing: a database, or a library that
    reads what a model sent, puts the words it could not take into its error."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the record's own line: a line break in it, which a stranger may have sent, begins none of its own."""
        record.message = "".join(c if c.isprintable() else repr(c)[1:-1] for c in record.message)
        return super().formatMessage(record)

    def formatException(self, exc_info: Any) -> str:  # noqa: N802
        """Return the places of an error and of those behind it, each with its first words."""
        return "".join(_told(exc_info[1])).rstrip("\n")


class Json(Plain):
    """A line for programs: one JSON object with the ids of the request, the turn, the job and the person."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **ids(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = self.formatException(record.exc_info)
        # In ASCII, so that half of a letter, which a stranger may send, breaks no reader of logs.
        return json.dumps(line, default=str)


def request_id(offered: str) -> str:
    """Return the name of a request: the one that a proxy of ours gave it, if it is a proper one, or a new one.

    Without a proxy it would be the stranger's choice, and stand as such in the audit ledger.
    """
    return offered if settings.PROXY_COUNT and REQUEST_ID.fullmatch(offered) else str(uuid.uuid4())


def tell_about(**known: Any) -> None:
    """Let every later line of this task or request say so: `request`, `turn`, `user`, `job`, or the `http` request."""
    _about.set({**_about.get(), **known})


@contextmanager
def about(**known: Any) -> Iterator[None]:
    """Let every line within say so."""
    token = _about.set({**_about.get(), **known})
    try:
        yield
    finally:
        _about.reset(token)


def ids() -> dict[str, str]:
    """Return the ids of what goes on here, as text."""
    known = dict(_about.get())
    request = known.pop("http", None)
    if request is not None:
        known.setdefault("request", getattr(request, "id", ""))
        known.setdefault("user", _person(request))
    return {name: str(value) for name, value in known.items() if value}


def _person(request: Any) -> Any:
    """Return who is asking, if that is known by now: a line of the log asks no database."""
    fields = request.__dict__
    # The second is what the API's authentication leaves; until somebody asks, the pages' one is a promise.
    return getattr(fields.get("_cached_user"), "pk", None) or _pk(fields.get("user"))


def _pk(user: Any) -> Any:
    return user.__dict__.get("id") if type(user).__name__ == "User" else None


def _told(error: BaseException, *, seen: frozenset[int] = frozenset()) -> Iterator[str]:
    seen |= {id(error)}
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None and id(behind) not in seen:
        yield from _told(behind, seen=seen)
        yield "\nThen:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    first = next(iter(str(error).splitlines()), "")[:STRANGER_CHARACTERS]
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    yield f"{name}: {first}\n"
