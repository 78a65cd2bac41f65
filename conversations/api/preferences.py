"""What one wants of every conversation."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.serializers import StrictSerializer, StringField
from chatsite.openapi import errors, example
from chatsite.queries import StrictQuery

from .. import preferences
from .serializers import FlagField, ModeField


class ChatPreferencesSerializer(StrictSerializer):
    instructions = StringField(
        required=False, allow_blank=True, help_text="What every answer is to take into account: 4,000 characters."
    )
    use_instructions = FlagField(required=False, help_text="Whether they are sent with each question.")
    model = StringField(required=False, allow_blank=True, help_text="What a new conversation begins with.")
    mode = ModeField(help_text="What a new conversation begins with; empty: as each question needs it.")


class PreferencesView(StrictQuery, GenericAPIView):
    """What one wants of every conversation."""

    serializer_class = ChatPreferencesSerializer
    required_scope = {"PATCH": "admin"}

    @extend_schema(
        operation_id="read_preferences",
        tags=["Conversations"],
        summary="Read my instructions and what chats begin with",
        responses=ChatPreferencesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Instructions that go with each question, and the model and the kind of help to begin with."""
        return Response(preferences.of(request.user))

    @extend_schema(
        operation_id="change_preferences",
        tags=["Conversations"],
        summary="Change my instructions and what chats begin with",
        request=ChatPreferencesSerializer,
        responses={200: ChatPreferencesSerializer, **errors(413, 422)},
        examples=[example("Short answers", instructions="Keep answers short.", mode="code")],
    )
    def patch(self, request: Request) -> Response:
        """Change what is sent, and leave the rest. A conversation that has begun keeps its model and mode."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        preferences.change(user=request.user, **serializer.validated_data)
        return Response(preferences.of(request.user))
