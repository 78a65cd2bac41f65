"""What the API's description says of each call beyond the call's own docstring: names, parameters, headers, answers."""

import datetime
import uuid

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.serializers import Serializer

from chatsite.openapi import EVENT_STREAM, answer_header, errors, events, header

from ..models import Conversation
from .serializers import (
    AllowSerializer,
    AskSerializer,
    AttachmentSerializer,
    AttachmentTextSerializer,
    ConversationChangesSerializer,
    ConversationDetailSerializer,
    ConversationSerializer,
    DigestsSerializer,
    EditSerializer,
    HistorySerializer,
    MessageSerializer,
    ModelsSerializer,
    NewConversationSerializer,
    NothingSerializer,
    ResumeSerializer,
    RetrySerializer,
    StartedSerializer,
    TurnSerializer,
    UploadSerializer,
)

SIZE = {"type": "integer", "minimum": 1, "maximum": 100}
CURSOR = OpenApiParameter("cursor", str, description="Where to go on: follow `next` and `previous`, do not make one.")
PAGE_SIZE = OpenApiParameter("page_size", SIZE, description="How many at most, 50 if left out.")
IF_MATCH = header("If-Match", "Only if it still stands as this `ETag` says; else 412.")
IF_NONE_MATCH = header("If-None-Match", "The `ETag` of what you have; 304 if it is still the same.")
ETAG = answer_header("ETag", "The version of the conversation, for `If-Match` and `If-None-Match`.", 200, 201, 304)
REPLAYED = answer_header("Idempotent-Replayed", "`true` if this is the answer to what was sent before.", 202)
IDEMPOTENCY_KEY = header(
    "Idempotency-Key", "A UUID. Sent again with the same body, nothing is asked twice.", format="uuid"
)
LAST_EVENT_ID = header("Last-Event-ID", "The `id` of the last event you have; the stream goes on from there.")
ASKED = OpenApiExample("A question", {"text": "Can we end the lease early?"}, request_only=True)
CLIENT_MAKES_ID = OpenApiParameter(
    "conversation_id", uuid.UUID, location=OpenApiParameter.PATH, description="An id that nobody has used begins one."
)


def ending(body: type[Serializer]):
    """Describe the ending of a session."""
    return extend_schema(
        operation_id="end_conversation",
        tags=["Conversations"],
        summary="End a conversation",
        request=NothingSerializer,
        responses={200: body, **errors(409)},
    )


def _flag(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, {"type": "string", "enum": ["true", "false"]}, description=description)


CONVERSATION_FILTERS = [
    OpenApiParameter("status", str, enum=Conversation.Status.values),
    _flag("pinned", "Only those that are pinned, or are not."),
    _flag("archived", "Only those that are archived, or are not; both if left out."),
    OpenApiParameter("tag", str, description="The name of a tag, in large or small letters."),
    OpenApiParameter("model", str, description="The id of a model."),
    OpenApiParameter("created_after", datetime.datetime, description="From this moment on."),
    OpenApiParameter("created_before", datetime.datetime, description="Before this moment."),
    OpenApiParameter("q", {"type": "string", "minLength": 1, "maxLength": 500}, description="Words to look for."),
]

EVENTS = events("The frames of the WebSocket protocol, each with its type as `event`.")
PIECES = OpenApiExample(
    "An answer",
    'data: {"conversation_id": "…", "turn": "…", "message": "…"}\n\ndata: {"content": "Yes, after "}\n\n'
    'data: {"done": true, "status": "completed", "usage": {…}, "sha256": "…"}\n\n',
    media_type=EVENT_STREAM,
    response_only=True,
)

conversations = extend_schema_view(
    list=extend_schema(
        operation_id="list_conversations",
        tags=["Conversations"],
        summary="List my conversations",
        parameters=[CURSOR, PAGE_SIZE, *CONVERSATION_FILTERS],
        filters=False,
        responses=ConversationSerializer(many=True),
    ),
    create=extend_schema(
        operation_id="make_conversation",
        tags=["Conversations"],
        summary="Make a conversation",
        parameters=[ETAG],
        request=NewConversationSerializer,
        responses={201: ConversationDetailSerializer, **errors(409, 422)},
        examples=[OpenApiExample("With a title", {"title": "The lease"}, request_only=True)],
    ),
    retrieve=extend_schema(
        operation_id="read_conversation",
        tags=["Conversations"],
        summary="Read a conversation",
        parameters=[IF_NONE_MATCH, ETAG],
        responses={200: ConversationDetailSerializer, 304: OpenApiResponse(description="You have it already.")},
    ),
    partial_update=extend_schema(
        operation_id="change_conversation",
        tags=["Conversations"],
        summary="Change a conversation",
        parameters=[IF_MATCH, ETAG],
        request=ConversationChangesSerializer,
        responses={200: ConversationDetailSerializer, **errors(409, 412, 422)},
        examples=[OpenApiExample("Pin it", {"pinned": True}, request_only=True)],
    ),
    destroy=extend_schema(
        operation_id="delete_conversation",
        tags=["Conversations"],
        summary="Delete a conversation",
        parameters=[IF_MATCH],
        responses={204: None, **errors(412)},
    ),
    restore=extend_schema(
        operation_id="restore_conversation",
        tags=["Conversations"],
        summary="Undo the deletion of a conversation",
        description="As long as `UNDO_DELETE_SECONDS` says; afterwards it is gone for good: 404. Everything is back as "
        "it was, but for an answer that was being written when it was deleted: that has been stopped.",
        parameters=[ETAG],
        request=NothingSerializer,
        responses={200: ConversationDetailSerializer},
    ),
)


def tags(listed: type[Serializer], one: type[Serializer], new: type[Serializer], changes: type[Serializer]):
    """Describe the calls about tags."""
    group = ["Tags"]
    return extend_schema_view(
        # One object that holds the list, and no list of such objects.
        list=extend_schema(
            operation_id="list_tags",
            tags=group,
            summary="List my tags",
            responses=forced_singular_serializer(listed),
        ),
        create=extend_schema(
            operation_id="make_tag",
            tags=group,
            summary="Make a tag",
            request=new,
            responses={201: one, **errors(409)},
            examples=[OpenApiExample("A tag", {"name": "Holiday", "colour": "teal"}, request_only=True)],
        ),
        retrieve=extend_schema(operation_id="read_tag", tags=group, summary="Read a tag", responses=one),
        partial_update=extend_schema(
            operation_id="change_tag",
            tags=group,
            summary="Change a tag",
            request=changes,
            responses={200: one, **errors(409)},
            examples=[OpenApiExample("Rename it", {"name": "Journeys"}, request_only=True)],
        ),
        destroy=extend_schema(operation_id="delete_tag", tags=group, summary="Delete a tag", responses={204: None}),
    )


asking = extend_schema_view(
    post=extend_schema(
        operation_id="ask",
        tags=["Turns"],
        summary="Ask a question",
        parameters=[CLIENT_MAKES_ID, IDEMPOTENCY_KEY, REPLAYED],
        request=AskSerializer,
        responses={202: StartedSerializer, **EVENTS, **errors(409, 422, 429, 503)},
        examples=[ASKED],
    )
)

turns = extend_schema_view(
    retrieve=extend_schema(
        operation_id="read_turn", tags=["Turns"], summary="How a turn stands", responses=TurnSerializer
    ),
    stop=extend_schema(
        operation_id="stop_turn",
        tags=["Turns"],
        summary="Stop an answer",
        request=NothingSerializer,
        responses={202: TurnSerializer},
    ),
    allow=extend_schema(
        operation_id="allow_tool",
        tags=["Turns"],
        summary="Let a tool run, or refuse it",
        request=AllowSerializer,
        responses={200: MessageSerializer, **errors(409)},
        examples=[
            OpenApiExample("Yes", {"message": "0198c5a1-7d1c-7cc3-98c4-dc0c0c07398f", "allow": True}, request_only=True)
        ],
    ),
    retry=extend_schema(
        operation_id="retry_turn",
        tags=["Turns"],
        summary="Ask again",
        parameters=[IDEMPOTENCY_KEY, REPLAYED],
        request=RetrySerializer,
        responses={202: StartedSerializer, **errors(409, 422, 429)},
        examples=[OpenApiExample("With another model", {"model": "demo"}, request_only=True)],
    ),
    resume=extend_schema(
        operation_id="continue_turn",
        tags=["Turns"],
        summary="Go on with an answer",
        parameters=[IDEMPOTENCY_KEY, REPLAYED],
        request=ResumeSerializer,
        responses={202: StartedSerializer, **errors(409, 422, 429)},
        examples=[OpenApiExample("With the same model", {}, request_only=True)],
    ),
    edit=extend_schema(
        operation_id="edit_turn",
        tags=["Turns"],
        summary="Ask differently",
        parameters=[IDEMPOTENCY_KEY, REPLAYED],
        request=EditSerializer,
        responses={202: StartedSerializer, **errors(409, 422, 429)},
        examples=[ASKED],
    ),
)


digests = extend_schema_view(
    get=extend_schema(
        operation_id="list_digests",
        tags=["Conversations"],
        summary="Read what was sent in short",
        responses=DigestsSerializer,
    )
)


def history(operation_id: str):
    """Describe the messages of a conversation, which have two addresses."""
    leaf = OpenApiParameter("leaf", uuid.UUID, description="A turn; shows the branch that ends with it.")
    return extend_schema_view(
        get=extend_schema(
            operation_id=operation_id,
            tags=["Conversations"],
            summary="Read what was said",
            parameters=[CURSOR, PAGE_SIZE, leaf],
            responses=HistorySerializer,
        )
    )


models = extend_schema_view(
    get=extend_schema(
        operation_id="list_models", tags=["Models"], summary="List the models", responses=ModelsSerializer
    )
)

stream = extend_schema_view(
    get=extend_schema(
        operation_id="watch_conversation",
        tags=["Streams"],
        summary="Watch a conversation",
        parameters=[LAST_EVENT_ID],
        responses={**EVENTS, **errors(429, 503)},
    )
)


def chat(body: type[Serializer], form: type[Serializer]):
    """Describe the call that asks and answers in one, sent as JSON or as a form."""
    return extend_schema_view(
        post=extend_schema(
            operation_id="chat",
            tags=["Streams"],
            summary="Ask and read the answer as it is written",
            parameters=[IDEMPOTENCY_KEY],
            request={"application/json": body, "multipart/form-data": form},
            responses={**events("Pieces of the answer, then how it ended."), **errors(404, 409, 422, 429, 503)},
            examples=[
                OpenApiExample("A question", {"message": "Can we end the lease early?"}, request_only=True),
                PIECES,
            ],
        )
    )


uploading = extend_schema_view(
    post=extend_schema(
        operation_id="upload",
        tags=["Attachments"],
        summary="Upload a file",
        request={"multipart/form-data": UploadSerializer},
        responses={201: AttachmentSerializer, **errors(413, 415, 422)},
    )
)

attachment = extend_schema_view(
    get=extend_schema(
        operation_id="read_attachment",
        tags=["Attachments"],
        summary="What was read of a file",
        responses=AttachmentSerializer,
    ),
    delete=extend_schema(
        operation_id="take_back_attachment",
        tags=["Attachments"],
        summary="Take back a file that was not sent",
        responses={204: None, **errors(409)},
    ),
)

content = extend_schema_view(
    get=extend_schema(
        operation_id="download_attachment",
        tags=["Attachments"],
        summary="Download a file",
        responses={(200, "*/*"): OpenApiResponse(bytes, description="The file, of whatever kind it is.")},
    )
)

thumbnail = extend_schema_view(
    get=extend_schema(
        operation_id="read_thumbnail",
        tags=["Attachments"],
        summary="A small picture of a file",
        responses={(200, "image/jpeg"): bytes},
    )
)

extracted = extend_schema_view(
    get=extend_schema(
        operation_id="read_text_of_attachment",
        tags=["Attachments"],
        summary="The text that was read of a file",
        parameters=[
            OpenApiParameter(
                "from",
                {"type": "integer", "minimum": 0, "maximum": 99_999_999},
                description="The number of the first passage: follow `next`.",
            )
        ],
        responses=AttachmentTextSerializer,
    )
)

search = extend_schema_view(
    get=extend_schema(
        operation_id="search",
        tags=["Search"],
        summary="Search in what was said",
        parameters=[
            OpenApiParameter("q", str, required=True, description="The words to look for."),
            _flag("prefix", "Whether the last word may go on."),
            CURSOR,
            PAGE_SIZE,
        ],
    )
)

usage = extend_schema_view(get=extend_schema(tags=["Usage"], summary="What I have used", operation_id="read_usage"))


def summary(body: type[Serializer]):
    """Describe the summary of a session."""
    return extend_schema_view(
        get=extend_schema(
            operation_id="read_summary", tags=["Sessions"], summary="Read the summary of a session", responses=body
        )
    )


def regenerate(body: type[Serializer]):
    """Describe having a summary written again."""
    return extend_schema_view(
        post=extend_schema(
            operation_id="regenerate_summary",
            tags=["Sessions"],
            summary="Have the summary written again",
            request=NothingSerializer,
            responses={202: body, **errors(429)},
        )
    )


def rate(rating: type[Serializer], body: type[Serializer]):
    """Describe the rating of a session."""
    return extend_schema_view(
        post=extend_schema(
            operation_id="rate_session",
            tags=["Sessions"],
            summary="Rate a session",
            request=rating,
            responses=body,
            examples=[OpenApiExample("It was good", {"rating": 4}, request_only=True)],
        )
    )


def events_of(body: type[Serializer]):
    """Describe the log of a conversation."""
    return extend_schema_view(
        get=extend_schema(
            operation_id="read_events",
            tags=["Sessions"],
            summary="Read everything that happened",
            parameters=[CURSOR, PAGE_SIZE],
            responses=body,
        )
    )
