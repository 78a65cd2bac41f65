"""Exports: one conversation in many formats, or everything at once."""

import uuid

from django.http import HttpResponseBase
from rest_framework.request import Request

from chatsite.queries import StrictQuery

from .. import downloads, exports, lifecycle
from ..errors import Invalid
from . import described


@described.export
class ExportView(StrictQuery):
    """A conversation as a file, made of the rows as they stand: the same rows give the same bytes."""

    query_parameters = frozenset({"format", "branch", "message"})

    def get(self, request: Request, conversation_id: uuid.UUID) -> HttpResponseBase:
        asked = request.query_params
        if "format" not in asked:
            raise Invalid(f"Say which `format`: {', '.join(exports.KINDS)}.", code="unknown_format")
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
