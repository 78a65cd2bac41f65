"""Sessions: their summary, having it written again, the rating, and the log of everything that happened."""

import base64
import datetime
import uuid
from typing import Any

from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.serializers import StrictSerializer
from chatsite.queries import StrictQuery

from .. import lifecycle, summaries, timeline
from ..models import Conversation, Summary
from ..summaries import Session
from . import described
from .links import absolute
from .pagination import PARAMETERS, InvalidPagination, page_size
from .serializers import MomentField, NothingSerializer


class WholeNumberField(serializers.IntegerField):
    """A number that is one, and neither a text nor a truth."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class RatingSerializer(StrictSerializer):
    rating = WholeNumberField(min_value=1, max_value=5)


class SessionSerializer(serializers.Serializer):
    """A session, and as much of its summary as there is; times are from its beginning to the last word."""

    session_id = serializers.UUIDField(source="conversation.pk")
    status = serializers.SerializerMethodField()
    start_time = MomentField()
    end_time = MomentField()
    duration_seconds = serializers.SerializerMethodField()
    summary = serializers.SerializerMethodField()
    topics = serializers.SerializerMethodField()
    sentiment = serializers.SerializerMethodField()
    key_outcomes = serializers.SerializerMethodField()
    metrics = serializers.DictField(help_text="The figures that were taken when it ended; empty before that.")
    user_rating = serializers.IntegerField(source="conversation.rating", allow_null=True)

    def get_status(self, session: Session) -> str:
        return session.conversation.status

    def get_duration_seconds(self, session: Session) -> float:
        return round((session.end_time - session.start_time).total_seconds(), 3)

    def get_summary(self, session: Session) -> str:
        return session.summary.text if session.summary else ""

    def get_topics(self, session: Session) -> list[str]:
        return session.summary.topics if session.summary else []

    def get_sentiment(self, session: Session) -> str | None:
        return (session.summary and session.summary.sentiment) or None

    def get_key_outcomes(self, session: Session) -> list[str]:
        return session.summary.outcomes if session.summary else []


class SummarySerializer(SessionSerializer):
    """The summary of a session; `status` is pending, partial (not by a model, which is tried again) or ready."""

    status = serializers.ChoiceField(source="summary.state", choices=Summary.State.values)


class LoggedSerializer(serializers.Serializer):
    """One thing that happened; what `data` holds depends on the type."""

    type = serializers.ChoiceField(choices=timeline.TYPES)
    at = MomentField()
    turn = serializers.UUIDField(allow_null=True)
    message = serializers.UUIDField(allow_null=True)
    data = serializers.DictField()


class LogSerializer(serializers.Serializer):
    events = LoggedSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class SessionView(StrictQuery, GenericAPIView):
    """A call about a session of one's own."""

    def conversation(self) -> Conversation:
        """Return the conversation that is asked about; raises NotFound."""
        return lifecycle.find(conversation_id=self.kwargs["conversation_id"], user=self.request.user)

    def read(self) -> dict[str, Any]:
        """Return the fields of the body; raises ValidationError."""
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


@described.summary(SummarySerializer)
class SummaryView(SessionView):
    """What a session came to."""

    serializer_class = SummarySerializer

    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """The summary of the last ending; 404 `no_summary` before there is one."""
        conversation = self.conversation()
        return Response(SummarySerializer(Session(conversation, summaries.find(conversation))).data)


@described.regenerate(SummarySerializer)
class RegenerateView(SessionView):
    """Have the summary written again."""

    serializer_class = NothingSerializer

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Have the summary written again; it stays as it is until the new one is there."""
        conversation = self.conversation()
        self.read()
        summary = summaries.regenerate(conversation=conversation, user=request.user)
        return Response(SummarySerializer(Session(conversation, summary)).data, status=status.HTTP_202_ACCEPTED)


@described.rate(RatingSerializer, SessionSerializer)
class RateView(SessionView):
    """Say how it was."""

    serializer_class = RatingSerializer

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Rate a session from 1 to 5; a later rating takes the place of an earlier one."""
        conversation = self.conversation()
        conversation = summaries.rate(conversation=conversation, **self.read())
        return Response(SessionSerializer(summaries.session_of(conversation)).data)


@described.events_of(LogSerializer)
class EventsView(SessionView):
    """Everything that happened in a conversation, on all branches, oldest first."""

    serializer_class = LogSerializer
    query_parameters = PARAMETERS

    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Questions, answers, tools, stops, failures, endings, summaries and the rating, in order, in pages."""
        after = _place(request.query_params.get("cursor"))
        log = timeline.read(conversation=self.conversation(), after=after, limit=page_size(request))
        query = {**request.query_params.dict(), "cursor": _cursor(log.next)} if log.next else None
        link = absolute(request, request.path, **query) if query else None
        return Response(LogSerializer({"events": log.events, "next": link}).data)


def _cursor(place: timeline.Place) -> str:
    return base64.urlsafe_b64encode(f"{place.at.isoformat()}~{place.id}".encode()).decode()


def _place(cursor: str | None) -> timeline.Place | None:
    if cursor is None:
        return None
    try:
        moment, id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().split("~")
        at = datetime.datetime.fromisoformat(moment)
        place = timeline.Place(at.astimezone(datetime.UTC), uuid.UUID(id))
    except (ValueError, OverflowError):
        raise InvalidPagination from None
    if at.tzinfo is None:
        raise InvalidPagination
    return place
