"""Taking along and bringing in: one conversation in many formats, everything at once, and what was exported before."""

import uuid

from django.http import HttpResponseBase
from django.utils.translation import gettext
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.queries import StrictQuery

from .. import downloads, exports, imports, lifecycle
from ..errors import Invalid
from . import taken_described as described
from .taken import ImportedSerializer, ImportSerializer


@described.export
class ExportView(StrictQuery):
    """A conversation as a file, made of the rows as they stand: the same rows give the same bytes."""

    query_parameters = frozenset({"format", "branch", "message"})

    def get(self, request: Request, conversation_id: uuid.UUID) -> HttpResponseBase:
        asked = request.query_params
        if "format" not in asked:
            raise Invalid(
                gettext("Say which `format`: %(kinds)s.") % {"kinds": ", ".join(exports.KINDS)}, code="unknown_format"
            )
        conversation = lifecycle.find(conversation_id=conversation_id, user=request.user)
        made = exports.make(
            conversation=conversation,
            user=request.user,
            kind=asked["format"],
            branch=asked.get("branch"),
            message=asked.get("message"),
        )
        return downloads.made(made.file, filename=made.name, content_type=made.media_type)


@described.export_everything
class ExportEverythingView(StrictQuery):
    """Everything that is mine, as a ZIP archive with a manifest: account, conversations, files, usage."""

    def get(self, request: Request) -> HttpResponseBase:
        made = exports.make_everything(user=request.user)
        return downloads.made(made.file, filename=made.name, content_type=made.media_type)


@described.importing
class ImportView(StrictQuery, GenericAPIView):
    """Import an export of one conversation or of everything, as `file` of a form: all of it or nothing, as my own."""

    serializer_class = ImportSerializer
    parser_classes = [MultiPartParser]

    def post(self, request: Request) -> Response:
        files = request.FILES.getlist("file")
        if len(files) != 1 or set(request.data) - {"file", "preferences"}:
            raise Invalid(gettext("Send one file, as `file` of a form."), code="no_file" if not files else "invalid")
        asked = ImportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        preferences = asked.validated_data.get("preferences", False)
        made = imports.take_in(owner=request.user, upload=files[0], preferences=preferences)
        brought = made.account or imports.Brought()
        body = ImportedSerializer(
            {
                "conversations": made.conversations,
                "missing_files": made.missing,
                "prompts": brought,
                "preferences": brought,
            }
        ).data
        return Response(body, status=status.HTTP_201_CREATED)
