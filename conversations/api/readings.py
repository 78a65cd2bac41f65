"""Who has read one's own conversations."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.queries import StrictQuery

from .. import reading
from ..models import ReadingGrant
from .serializers import TellingSerializer


class ReadingSerializer(TellingSerializer):
    """One grant to read a conversation."""

    conversation = serializers.UUIDField(source="chat_id", allow_null=True, help_text="Null once it is deleted.")
    reader = serializers.CharField(source="reader_name", help_text="The name of who was let in.")
    reason = serializers.CharField(help_text="What they gave as a reason.")
    views = serializers.IntegerField(help_text="How many pages of it they opened.")

    class Meta:
        model = ReadingGrant
        fields = ["id", "conversation", "reader", "reason", "created_at", "expires_at", "views", "viewed_at"]
        read_only_fields = fields


class ReadingsSerializer(serializers.Serializer):
    readings = ReadingSerializer(many=True)


class ReadingsView(StrictQuery, GenericAPIView):
    """Who of the staff has read one's own conversations, when and why: the newest 200."""

    serializer_class = ReadingsSerializer

    @extend_schema(
        operation_id="list_readings",
        tags=["Conversations"],
        summary="Read who has read my conversations",
        responses=ReadingsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Who of the staff has read one's own conversations, when and why: the newest 200."""
        return Response(self.get_serializer({"readings": reading.of_owner(owner=request.user)}).data)
