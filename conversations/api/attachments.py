"""Attachments: upload a file, see what was read of it, get it back."""

import uuid
from typing import Any

from django.http import FileResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.queries import StrictQuery

from .. import attachments, downloads, events, passages
from ..errors import Invalid, NotFound
from ..models import Attachment
from . import described
from .links import absolute
from .serializers import AttachmentSerializer, AttachmentTextSerializer, UploadSerializer


@described.uploading
class UploadView(StrictQuery, GenericAPIView):
    """Upload one file, as `file` of a form; it belongs to nobody else and waits to be sent with a question."""

    serializer_class = UploadSerializer
    parser_classes = [MultiPartParser]

    def post(self, request: Request) -> Response:
        attachment = attachments.receive(owner=request.user, upload=_upload(request))
        where = absolute(request, reverse("api_attachment", args=[attachment.pk]))
        return Response(_told(attachment), status=status.HTTP_201_CREATED, headers={"Location": where})


@described.attachment
class AttachmentView(StrictQuery, GenericAPIView):
    """One attachment of one's own."""

    serializer_class = AttachmentSerializer

    def get(self, request: Request, attachment_id: uuid.UUID) -> Response:
        """What was read of the file."""
        return Response(_told(attachments.find(attachment_id=attachment_id, user=request.user)))

    def delete(self, request: Request, attachment_id: uuid.UUID) -> Response:
        """Take back a file that was not sent."""
        attachments.take_back(attachment=attachments.find(attachment_id=attachment_id, user=request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


@described.content
class ContentView(StrictQuery):
    """The file itself, byte for byte."""

    def get(self, request: Request, attachment_id: uuid.UUID) -> HttpResponseBase:
        return downloads.content(attachments.find(attachment_id=attachment_id, user=request.user))


@described.thumbnail
class ThumbnailView(StrictQuery):
    """A small picture of the file, as JPEG."""

    def get(self, request: Request, attachment_id: uuid.UUID) -> FileResponse:
        response = downloads.thumbnail(attachments.find(attachment_id=attachment_id, user=request.user))
        if response is None:
            raise NotFound(gettext("There is no picture of this file."))
        return response


@described.extracted
class TextView(StrictQuery, GenericAPIView):
    """The text that was read of the file, in its passages."""

    serializer_class = AttachmentTextSerializer
    query_parameters = frozenset({"from"})

    def get(self, request: Request, attachment_id: uuid.UUID) -> Response:
        attachment = attachments.find(attachment_id=attachment_id, user=request.user)
        found, more = passages.part(attachment.file_id, _first(request))
        following = None if more is None else absolute(request, request.path, **{"from": more})
        return Response(self.get_serializer({"passages": found, "next": following}).data)


def _told(attachment: Attachment) -> dict[str, Any]:
    return AttachmentSerializer(events.attachment_fields(attachment)).data


def _upload(request: Request) -> Any:
    """Return the one file of a form; raises Invalid."""
    files = request.FILES.getlist("file")
    if len(files) != 1 or len(request.data) != 1:
        raise Invalid(gettext("Send one file, as `file` of a form."), code="no_file" if not files else "invalid")
    return files[0]


def _first(request: Request) -> int:
    value = request.query_params.get("from", "0")
    if not (value.isascii() and value.isdigit() and len(value) < 9):
        raise Invalid(gettext("`from` is the number of a passage."), code="invalid_filter")
    return int(value)
