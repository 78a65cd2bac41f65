"""Thumbs up or down for an answer."""

import uuid

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.serializers import StrictSerializer, StringField
from chatsite.openapi import errors

from .. import feedback
from ..models import Feedback
from .answers import OfAnAnswer
from .serializers import TellingSerializer

SAID = OpenApiExample(
    "It was wrong", {"value": "down", "reason": "The notice period is six months."}, request_only=True
)


class FeedbackSerializer(TellingSerializer):
    """What one has said of an answer."""

    message = serializers.UUIDField(source="message_id")

    class Meta:
        model = Feedback
        fields = ["message", "value", "reason", "created_at", "changed_at"]
        read_only_fields = fields


class OpinionSerializer(StrictSerializer):
    value = serializers.ChoiceField(choices=Feedback.Value.choices)
    reason = StringField(required=False, allow_blank=True, help_text="Why; 2,000 characters at most.")


@extend_schema_view(
    get=extend_schema(
        operation_id="read_feedback", tags=["Feedback"], summary="Read what I said", responses=FeedbackSerializer
    ),
    put=extend_schema(
        operation_id="give_feedback",
        tags=["Feedback"],
        summary="Say whether an answer is good",
        request=OpinionSerializer,
        responses={200: FeedbackSerializer, **errors(413)},
        examples=[SAID],
    ),
    delete=extend_schema(
        operation_id="take_back_feedback", tags=["Feedback"], summary="Take back what I said", responses={204: None}
    ),
)
class FeedbackView(OfAnAnswer):
    """What one thinks of an answer."""

    serializer_class = OpinionSerializer

    def get(self, request: Request, message_id: uuid.UUID) -> Response:
        """What one has said of it; 404 `no_feedback` if that is nothing."""
        message = self.get_object()
        return Response(FeedbackSerializer(feedback.find(message=message, user=request.user)).data)

    def put(self, request: Request, message_id: uuid.UUID) -> Response:
        """Say that it is good (`up`) or not (`down`), and why; takes the place of what one said before."""
        message = self.get_object()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = feedback.give(message=message, user=request.user, **serializer.validated_data)
        return Response(FeedbackSerializer(said).data)

    def delete(self, request: Request, message_id: uuid.UUID) -> Response:
        """Take it back."""
        message = self.get_object()
        feedback.take_back(message=message, user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
