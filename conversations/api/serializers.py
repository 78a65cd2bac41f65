"""What the API takes and tells about conversations, turns and messages."""

import datetime
import uuid
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import StrictSerializer, StringField
from llm.values import Model

from .. import events
from ..models import Conversation, Message, Passage, StoredFile, Turn


class MomentField(serializers.DateTimeField):
    """A moment in UTC, whatever the time zone of the installation."""

    def __init__(self, **options: Any):
        super().__init__(default_timezone=datetime.UTC, **options)


class IdField(serializers.UUIDField):
    """A UUID as text."""

    def to_internal_value(self, data: Any) -> uuid.UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """True or false, and nothing that merely looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class TellingSerializer(serializers.ModelSerializer):
    """Rows as programs see them."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: MomentField,
    }


class UsageSerializer(serializers.Serializer):
    prompt_tokens = serializers.IntegerField(allow_null=True)
    completion_tokens = serializers.IntegerField(allow_null=True)
    exact = serializers.BooleanField(help_text="Counted by the model server, not estimated.")


class TurnErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class TimingsSerializer(serializers.Serializer):
    first_token_ms = serializers.IntegerField(allow_null=True)
    total_ms = serializers.IntegerField(allow_null=True)


class AttachmentSerializer(serializers.Serializer):
    """A file as it was attached, with the receipt of what was read of it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=StoredFile.Kind.values)
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    sha256 = serializers.CharField()
    tokens = serializers.IntegerField(help_text="Of all that was read of it, by our estimate.")
    thumbnail = serializers.BooleanField(help_text="Whether there is a small picture of it.")
    receipt = serializers.DictField(help_text="What was read and what was not.")
    created_at = MomentField()


class UploadSerializer(StrictSerializer):
    file = serializers.FileField()


class PassageSerializer(TellingSerializer):
    class Meta:
        model = Passage
        fields = ["position", "page", "heading", "text"]
        read_only_fields = fields


class AttachmentTextSerializer(serializers.Serializer):
    """A part of the text that was read of a file; all passages together are the whole of it."""

    passages = PassageSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class MessageSerializer(TellingSerializer):
    turn = serializers.UUIDField(source="turn_id")
    content = serializers.CharField(source="text")
    attachments = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = [
            "id",
            "turn",
            "role",
            "content",
            "thinking",
            "model",
            "status",
            "created_at",
            "attachments",
            "tool_calls",
            "usage",
        ]
        read_only_fields = fields

    @extend_schema_field(AttachmentSerializer(many=True))
    def get_attachments(self, message: Message) -> list[dict]:
        return events.message_fields(message)["attachments"]

    @extend_schema_field(UsageSerializer(allow_null=True))
    def get_usage(self, message: Message) -> dict | None:
        return events.usage_of(message.turn) if message.role == Message.Role.ASSISTANT else None


class TurnSerializer(TellingSerializer):
    conversation = serializers.UUIDField(source="conversation_id")
    parent = serializers.UUIDField(source="parent_id", allow_null=True)
    error = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField()
    timings = serializers.SerializerMethodField()

    class Meta:
        model = Turn
        fields = [
            "id",
            "conversation",
            "parent",
            "client_id",
            "status",
            "model",
            "finish_reason",
            "error",
            "usage",
            "timings",
            "left_out",
            "included",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    @extend_schema_field(TurnErrorSerializer(allow_null=True))
    def get_error(self, turn: Turn) -> dict | None:
        return events.error_of(turn)

    @extend_schema_field(UsageSerializer(allow_null=True))
    def get_usage(self, turn: Turn) -> dict | None:
        return events.usage_of(turn)

    @extend_schema_field(TimingsSerializer)
    def get_timings(self, turn: Turn) -> dict:
        return events.timings_of(turn)


class ConversationSerializer(TellingSerializer):
    class Meta:
        model = Conversation
        fields = [
            "id",
            "title",
            "created_at",
            "active_at",
            "message_count",
            "status",
            "pinned",
            "archived",
            "model",
        ]
        read_only_fields = fields


class ConversationDetailSerializer(ConversationSerializer):
    """A conversation with the end of its open branch; `earlier` is where the messages before them are."""

    leaf = serializers.UUIDField(source="leaf_id", allow_null=True)
    messages = MessageSerializer(many=True)
    earlier = serializers.CharField(allow_null=True)

    class Meta(ConversationSerializer.Meta):
        fields = [*ConversationSerializer.Meta.fields, "instructions", "leaf", "messages", "earlier"]
        read_only_fields = fields


class HistorySerializer(serializers.Serializer):
    messages = MessageSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class StartedSerializer(serializers.Serializer):
    turn = TurnSerializer()
    message = MessageSerializer()
    answer = MessageSerializer()


class EndedSerializer(serializers.Serializer):
    """How a conversation stands after it was ended; `duration_seconds` is from its beginning to the last word."""

    session_id = serializers.UUIDField(source="id")
    status = serializers.CharField()
    start_time = MomentField(source="created_at")
    end_time = MomentField(source="active_at")
    duration_seconds = serializers.SerializerMethodField()

    def get_duration_seconds(self, conversation: Conversation) -> float:
        return round((conversation.active_at - conversation.created_at).total_seconds(), 3)


class NewConversationSerializer(StrictSerializer):
    id = IdField(required=False)
    title = StringField(required=False)
    model = StringField(required=False, allow_blank=True)
    instructions = StringField(required=False, allow_blank=True)


class ConversationChangesSerializer(StrictSerializer):
    title = StringField(required=False, allow_blank=True)
    model = StringField(required=False, allow_blank=True)
    instructions = StringField(required=False, allow_blank=True)
    pinned = FlagField(required=False)
    archived = FlagField(required=False)
    leaf = IdField(required=False, help_text="A turn; opens the branch that goes through it.")


class AskSerializer(StrictSerializer):
    text = StringField(allow_blank=True)
    client_id = StringField(required=False)
    model = StringField(required=False, allow_blank=True)
    parent = IdField(required=False, help_text="The turn to answer after; the last one of the open branch if left out.")
    attachments = serializers.ListField(
        child=IdField(), required=False, help_text="Files that were uploaded before; the text may then be empty."
    )


class RetrySerializer(StrictSerializer):
    client_id = StringField(required=False)
    model = StringField(required=False, allow_blank=True)


class EditSerializer(StrictSerializer):
    text = StringField(allow_blank=True)
    client_id = StringField(required=False)
    model = StringField(required=False, allow_blank=True)


class NothingSerializer(StrictSerializer):
    """A call that takes no fields."""


class ModelSerializer(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    provider = serializers.CharField()
    capabilities = serializers.SerializerMethodField()
    context_length = serializers.IntegerField(allow_null=True)

    def get_capabilities(self, model: Model) -> list[str]:
        return sorted(model.capabilities)


class ModelsSerializer(serializers.Serializer):
    models = ModelSerializer(many=True)
    default = serializers.CharField(allow_null=True)
