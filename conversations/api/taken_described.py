"""What the API's description says of exports, imports and share links, beyond each call's own docstring."""

import uuid

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from chatsite.openapi import errors

from .. import exports
from .taken import (
    ImportedSerializer,
    ImportSerializer,
    MadeShareSerializer,
    NewShareSerializer,
    ShareSerializer,
    SharesSerializer,
)

# Each format by its media type; what is JSON is told as such.
FILES = {
    (200, kind.media_type.partition(";")[0]): OpenApiResponse(
        OpenApiTypes.OBJECT if name == "json" else bytes, description="The file, in the format that was asked for."
    )
    for name, kind in exports.KINDS.items()
}

export = extend_schema_view(
    get=extend_schema(
        operation_id="export_conversation",
        tags=["Taking along"],
        summary="Export a conversation",
        parameters=[
            OpenApiParameter(
                "format",
                {"type": "string", "enum": list(exports.KINDS)},
                required=True,
                description="`json` and `zip` hold everything, all branches too; the others are for reading.",
            ),
            OpenApiParameter("branch", uuid.UUID, description="A turn: only the branch that ends with it."),
            OpenApiParameter(
                "message",
                str,
                description="The id of a message, or of several of one branch with commas between: only these; in "
                "JSON, their whole turns.",
            ),
        ],
        responses={**FILES, **errors(413, 429)},
    )
)

export_everything = extend_schema_view(
    get=extend_schema(
        operation_id="export_everything",
        tags=["Taking along"],
        summary="Export everything that is mine",
        responses={(200, "application/zip"): OpenApiResponse(bytes, description="The archive."), **errors(429)},
    )
)

importing = extend_schema_view(
    post=extend_schema(
        operation_id="import_conversations",
        tags=["Taking along"],
        summary="Import an export",
        request={"multipart/form-data": ImportSerializer},
        responses={201: ImportedSerializer, **errors(413, 422, 429)},
    )
)

shares_of = extend_schema_view(
    get=extend_schema(
        operation_id="list_shares_of_conversation",
        tags=["Taking along"],
        summary="List the links to a conversation",
        responses=SharesSerializer,
    ),
    post=extend_schema(
        operation_id="share_conversation",
        tags=["Taking along"],
        summary="Share a conversation by a link",
        request=NewShareSerializer,
        responses={201: MadeShareSerializer, **errors(403, 409, 429)},
        examples=[OpenApiExample("For a week, with my name", {"days": 7, "with_name": True}, request_only=True)],
    ),
)

shares = extend_schema_view(
    get=extend_schema(
        operation_id="list_shares", tags=["Taking along"], summary="List my links", responses=SharesSerializer
    )
)

share = extend_schema_view(
    get=extend_schema(
        operation_id="read_share", tags=["Taking along"], summary="How a link stands", responses=ShareSerializer
    ),
    delete=extend_schema(
        operation_id="revoke_share", tags=["Taking along"], summary="Revoke a link", responses={204: None}
    ),
)
