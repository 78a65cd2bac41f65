"""Versions of a conversation as HTTP knows them: ETag, If-Match and If-None-Match, as RFC 9110 has them."""

import re

from django.utils.translation import gettext
from rest_framework.request import Request

from .. import lifecycle
from ..errors import Invalid
from ..models import Conversation

TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = re.compile(rf"[ \t]*{TAG}(?:[ \t]*,[ \t]*{TAG})*[ \t]*")


def etag(conversation: Conversation) -> str:
    """Return the tag of how the conversation stands."""
    return f'"{lifecycle.version_of(conversation)}"'


def expected(request: Request) -> set[str] | None:
    """Return the versions that If-Match allows to be changed, None if any; raises Invalid.

    A weak tag allows nothing: two answers that are only alike may hide a change.
    """
    tags = _tags(request, "If-Match")
    return None if tags is None or "*" in tags else {tag[1:-1] for tag in tags if tag.startswith('"')}


def is_known(request: Request, conversation: Conversation) -> bool:
    """Whether If-None-Match says that the asker has this version already; raises Invalid."""
    tags = _tags(request, "If-None-Match")
    return tags is not None and ("*" in tags or etag(conversation) in {tag.removeprefix("W/") for tag in tags})


def _tags(request: Request, header: str) -> list[str] | None:
    value = request.headers.get(header)
    if value is None:
        return None
    if value.strip() == "*":
        return ["*"]
    if not TAGS.fullmatch(value):
        raise Invalid(
            gettext('%(header)s is * or a list of entity tags, such as "abc".') % {"header": header},
            code="invalid_etag",
        )
    return re.findall(TAG, value)
