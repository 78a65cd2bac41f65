"""Searching one's own titles, messages and attached files."""

from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.queries import StrictQuery

from .. import search
from ..errors import Invalid
from ..turns import check_characters
from . import described
from .filters import FLAGS
from .links import absolute
from .pagination import PARAMETERS, InvalidPagination, page_size
from .serializers import MomentField


class PieceSerializer(serializers.Serializer):
    text = serializers.CharField()
    found = serializers.BooleanField(help_text="Whether this piece is what was looked for.")


class InFileSerializer(serializers.Serializer):
    """Where in an attached file it was found."""

    id = serializers.UUIDField(source="attachment_id")
    name = serializers.CharField()
    page = serializers.IntegerField(allow_null=True, help_text="Null where the file has no pages.")
    passage = serializers.IntegerField(
        source="position", help_text="The number of the passage, as `from` of the text of the attachment."
    )


class HitSerializer(serializers.Serializer):
    """A title, a message, or the text of a file with the message that has it; a title has no message, turn and role."""

    conversation = serializers.UUIDField(source="conversation_id")
    title = serializers.CharField()
    message = serializers.UUIDField(source="message_id", allow_null=True)
    turn = serializers.UUIDField(source="turn_id", allow_null=True)
    role = serializers.CharField(allow_null=True)
    created_at = MomentField()
    attachment = InFileSerializer(
        source="file", allow_null=True, help_text="The file whose text holds it; null where the message or title does."
    )
    snippet = PieceSerializer(many=True, help_text="Plain text, not HTML; put together, the pieces are the snippet.")


class FoundSerializer(serializers.Serializer):
    results = HitSerializer(many=True)
    next = serializers.CharField(allow_null=True)


@described.search
class SearchView(StrictQuery, GenericAPIView):
    """One's own titles, messages and attached files that hold all words of `q`, the newest first.

    `"in quotes"` is a phrase and `-word` must not occur; with `prefix=true` the last word may go on.
    """

    serializer_class = FoundSerializer
    query_parameters = PARAMETERS | {"q", "prefix"}

    def get(self, request: Request) -> Response:
        asked = request.query_params
        typed = asked.get("q", "")
        check_characters(typed)
        page = search.messages(
            user=request.user,
            typed=typed,
            prefix=_flag(asked.get("prefix", "false")),
            before=_cursor(asked.get("cursor")),
            limit=page_size(request),
        )
        after = page.next and absolute(request, request.path, **{**asked.dict(), "cursor": page.next})
        return Response(self.get_serializer({"results": page.hits, "next": after}).data)


def _flag(word: str) -> bool:
    if word not in FLAGS:
        raise Invalid(gettext("prefix is true or false."), code="invalid")
    return FLAGS[word]


def _cursor(asked: str | None) -> int | None:
    if asked is None:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < len(str(search.ID_LAST))):
        raise InvalidPagination
    return int(asked)
