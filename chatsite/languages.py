"""Which language somebody is spoken to in: the one they chose, else one that they read, else that of the site."""

from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db import DatabaseError
from django.http import HttpRequest, parse_cookie
from django.utils import translation
from django.utils.formats import number_format

# Whatever is kept in rows or read by programs is in this one.
NEUTRAL = "en"


def named(codes: list[str]) -> list[tuple[str, str]]:
    """Return the languages with these codes, each with the name that it has for itself, as `LANGUAGES` wants them."""
    return [(code, LANG_INFO[code]["name_local"].capitalize()) for code in codes]


def is_offered(code: str) -> bool:
    """Whether people can choose this language."""
    return code in dict(settings.LANGUAGES)


def of_person(user: Any) -> str:
    """Return the language for what reaches a person outside of a request of theirs, such as a mail."""
    chosen = getattr(user, "language", "")
    return chosen if is_offered(chosen) else settings.LANGUAGE_CODE


def of_request(request: HttpRequest) -> str:
    """Return the language to answer in: what its person chose, its cookie, what it accepts, or that of the site."""
    try:
        chosen = getattr(getattr(request, "user", None), "language", "")
    except DatabaseError:
        # Whoever it is must still be told that the database is away.
        chosen = ""
    return chosen if is_offered(chosen) else translation.get_language_from_request(request)


def of_socket(user: Any, scope: dict) -> str:
    """Return the language for a socket: what its person chose, else as a request with these headers would have it."""
    request = HttpRequest()
    for name, value in scope["headers"]:
        key = name.decode("latin1").upper().replace("-", "_")
        request.META[f"HTTP_{key}"] = value.decode("latin1")
    request.COOKIES = parse_cookie(request.META.get("HTTP_COOKIE", ""))
    request.user = user
    return of_request(request)


def speaking_to(user: Any) -> AbstractContextManager:
    """Speak to a person in their language inside this context."""
    return translation.override(of_person(user))


def neutral() -> AbstractContextManager:
    """Write what is kept, not said to one person, inside this context."""
    return translation.override(NEUTRAL)


def grouped(number: float | Decimal) -> str:
    """Return a number as people write it: 4,000 in English, 4.000 in German."""
    return number_format(number, force_grouping=True)
