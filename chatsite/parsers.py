"""Reading request bodies strictly: what cannot be stored or sent on later is refused here."""

from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = _("The body of this request is too large.")


class ExactNegotiation(DefaultContentNegotiation):
    """Takes a body for what it says that it is; one that says `*/*` is nothing."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser for the body, None if there is none."""
        kind = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)


class StrictJSONParser(BaseParser):
    """JSON in UTF-8, no NaN, no lone surrogate, no NUL character, nesting to 1,024 levels; else `bad_json` (400)."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(
                gettext("This is not valid JSON: %(error)s.") % {"error": error}, code="bad_json"
            ) from None
        # Only an escape can bring in a NUL, and looking for one is cheaper than walking every body.
        if b"\\u0000" in raw and holds_nul(data):
            raise ParseError(gettext("The text holds a NUL character."), code="invalid_character")
        return data


def holds_nul(data: Any) -> bool:
    unseen = [data]
    while unseen:
        value = unseen.pop()
        if isinstance(value, str) and "\0" in value:
            return True
        if isinstance(value, dict):
            unseen.extend(value.keys())
            unseen.extend(value.values())
        elif isinstance(value, list):
            unseen.extend(value)
    return False
