"""The whole chat in one call: ask, and read the answer in pieces."""

import uuid
from typing import Any

from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.serializers import FileField, ListField

from accounts.serializers import StrictSerializer, StringField
from chatsite.parsers import StrictJSONParser
from chatsite.queries import StrictQuery

from .. import attachments, sse, turns
from ..errors import Invalid
from . import described
from .requests import idempotency_key
from .serializers import IdField

FILE_FIELDS = ("files", "files[]")


class ChatSerializer(StrictSerializer):
    message = StringField(allow_blank=True)
    conversation_id = IdField(required=False, help_text="A new conversation is begun if left out.")
    model = StringField(required=False, allow_blank=True)


class ChatFormSerializer(ChatSerializer):
    """The same as a form, which may bring files; it is only described by this."""

    files = ListField(child=FileField(), required=False, help_text="Files to ask about; `files[]` is the same.")


@described.chat(ChatSerializer, ChatFormSerializer)
class ChatStreamView(StrictQuery):
    """Asks, and answers with the pieces of the answer as they come."""

    renderer_classes = [sse.EventStreamRenderer]
    parser_classes = [StrictJSONParser, MultiPartParser]

    def post(self, request: Request) -> HttpResponseBase:
        """Return the stream of the answer; an `Idempotency-Key` seen before gives that answer from its beginning."""
        serializer = ChatSerializer(data=_fields(request))
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        client_id = idempotency_key(request, None)
        sse.check_room(request.user)
        uploads = _uploads(request)
        attachments.check_number(range(len(uploads)))
        with attachments.received(owner=request.user, uploads=uploads) as ids:
            started = turns.start(
                conversation_id=fields.get("conversation_id") or _new_conversation(request.user, client_id),
                author=request.user,
                text=fields["message"],
                client_id=client_id,
                model=fields.get("model", ""),
                attachments=ids,
            )
        conversation_id = started.turn.conversation_id
        return sse.response(
            credential=request.auth,
            conversation_id=conversation_id,
            turn=started.turn,
            format=sse.Pieces(
                conversation=str(conversation_id), turn=str(started.turn.pk), message=str(started.answer.pk)
            ),
        )


def _fields(request: Request) -> Any:
    """Return the body's fields, each given once; raises Invalid."""
    data = request.data
    if isinstance(data, QueryDict):
        for name, values in data.lists():
            if len(values) > 1 and name not in FILE_FIELDS:
                raise Invalid(gettext("%(name)s can be given once.") % {"name": name[:100]})
        return {name: value for name, value in data.dict().items() if name not in request.FILES}
    return data


def _uploads(request: Request) -> list[Any]:
    """Return the files of a form; raises Invalid."""
    for name in request.FILES:
        if name not in FILE_FIELDS:
            raise Invalid(gettext("Files are sent as files[], not as %(name)s.") % {"name": name[:100]})
    return [upload for name in FILE_FIELDS for upload in request.FILES.getlist(name)]


def _new_conversation(user, client_id: str | None) -> uuid.UUID:
    """Return the id of a new conversation, for a repeated key the same one: it is part of what was asked."""
    return uuid.uuid5(user.pk, client_id) if client_id else uuid.uuid4()
