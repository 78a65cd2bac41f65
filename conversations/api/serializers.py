"""What the API takes and tells about conversations, turns and messages."""

import datetime
import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import StrictSerializer, StringField
from llm.values import Model

from .. import events
from ..models import ContextDigest, Conversation, Message, Mode, Passage, StoredFile, Turn


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


class ModeField(serializers.ChoiceField):
    """A kind of help; empty or left out: as each question needs it."""

    def __init__(self, **options: Any):
        super().__init__(**{"choices": Mode.choices, "allow_blank": True, "required": False, **options})


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
            "thinking_ms",
            "model",
            "status",
            "created_at",
            "attachments",
            "tool_calls",
            "tool_name",
            "tool_call_id",
            "tool_run",
            "usage",
        ]
        read_only_fields = fields

    @extend_schema_field(AttachmentSerializer(many=True))
    def get_attachments(self, message: Message) -> list[dict]:
        return events.message_fields(message)["attachments"]

    @extend_schema_field(UsageSerializer(allow_null=True))
    def get_usage(self, message: Message) -> dict | None:
        return events.usage_of(message.turn) if message.role == Message.Role.ASSISTANT else None


class DigestOfTurnSerializer(serializers.Serializer):
    """What a model was sent in short."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    by = serializers.ChoiceField(ContextDigest.By.choices)
    text = serializers.CharField()


class ContextSerializer(serializers.Serializer):
    """What of its branch a turn's model was sent, in messages, and how full its window was, in tokens."""

    verbatim = serializers.IntegerField(help_text="Earlier messages that it was sent as they are.")
    condensed = serializers.IntegerField(help_text="Earlier messages that it was sent in short.")
    left_out = serializers.IntegerField(help_text="Earlier messages that it was sent nothing of.")
    digest = DigestOfTurnSerializer(allow_null=True)
    window = serializers.IntegerField(allow_null=True, help_text="Null if nobody says.")
    window_used = serializers.IntegerField(allow_null=True, help_text="By the server's count; null without one.")
    truncated = serializers.ChoiceField(
        ["", *Turn.Truncated.values], help_text="What the server left away without an error."
    )
    instructed = serializers.BooleanField(help_text="Whether the person's own instructions were sent along.")


class ParametersSerializer(StrictSerializer):
    """How the model is asked; what is left out or null is left to the model and its server."""

    temperature = serializers.FloatField(required=False, allow_null=True, help_text="From 0 to 2.")
    top_p = serializers.FloatField(required=False, allow_null=True, help_text="More than 0, at most 1.")
    seed = serializers.IntegerField(required=False, allow_null=True, help_text="From 0 to 2147483647.")
    context_length = serializers.IntegerField(
        required=False, allow_null=True, help_text="How many tokens of the model's window may be taken, 1024 or more."
    )
    thinking = serializers.BooleanField(
        required=False, allow_null=True, help_text="Whether to think before answering, where a model can."
    )


@extend_schema_field(ParametersSerializer)
class ParametersField(serializers.Field):
    """All parameters that are to be set; their limits are the verb's to check."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError(gettext("This must be an object."))
        return data

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


class DigestSerializer(TellingSerializer):
    """What was said on a branch up to the turn `through`, in short."""

    through = serializers.UUIDField(source="through_id")

    class Meta:
        model = ContextDigest
        fields = ["id", "through", "version", "text", "turns", "messages", "tokens", "by", "model", "created_at"]
        read_only_fields = fields


class DigestsSerializer(serializers.Serializer):
    digests = DigestSerializer(many=True)


class TurnSerializer(TellingSerializer):
    conversation = serializers.UUIDField(source="conversation_id")
    parent = serializers.UUIDField(source="parent_id", allow_null=True)
    continues = serializers.UUIDField(source="continues_id", allow_null=True)
    error = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField()
    timings = serializers.SerializerMethodField()
    context = serializers.SerializerMethodField()
    mode = ModeField(read_only=True, help_text="The kind of help that was given.")
    parameters = ParametersField(read_only=True, help_text="How the model was asked, where that was set.")

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
            "mode",
            "intent",
            "parameters",
            "context",
            "included",
            "notes",
            "continues",
            "carried",
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

    @extend_schema_field(ContextSerializer)
    def get_context(self, turn: Turn) -> dict:
        return events.context_of(turn)


class ConversationSerializer(TellingSerializer):
    tags = serializers.ListField(child=serializers.CharField(), source="tag_names", help_text="Their names.")

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
            "tags",
            "model",
            "expires_at",
            "files_expire_at",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "expires_at": {"help_text": "When retention will delete it, in the first night after; null: it will not."},
            "files_expire_at": {"help_text": "The same, of its files."},
        }


class ConversationDetailSerializer(ConversationSerializer):
    """A conversation with the end of its open branch; `earlier` is where the messages before them are."""

    # Not a choice: of one that is only read, the description would leave out that it may be empty.
    leaf = serializers.UUIDField(source="leaf_id", allow_null=True)
    mode = ModeField(read_only=True, help_text="The kind of help; empty: as each question needs it.")
    parameters = ParametersField(read_only=True)
    messages = MessageSerializer(many=True)
    earlier = serializers.CharField(allow_null=True)

    class Meta(ConversationSerializer.Meta):
        fields = [
            *ConversationSerializer.Meta.fields,
            "mode",
            "instructions",
            "parameters",
            "leaf",
            "messages",
            "earlier",
        ]
        read_only_fields = fields


class HistorySerializer(serializers.Serializer):
    messages = MessageSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class StartedSerializer(serializers.Serializer):
    turn = TurnSerializer()
    message = MessageSerializer()
    answer = MessageSerializer()


class NewConversationSerializer(StrictSerializer):
    id = IdField(required=False)
    title = StringField(required=False)
    model = StringField(required=False, allow_blank=True)
    instructions = StringField(required=False, allow_blank=True)
    mode = ModeField()
    parameters = ParametersField(required=False)


class ConversationChangesSerializer(StrictSerializer):
    title = StringField(required=False, allow_blank=True)
    model = StringField(required=False, allow_blank=True)
    instructions = StringField(required=False, allow_blank=True)
    mode = ModeField()
    parameters = ParametersField(required=False, help_text="All that are to be set; others are left to the model.")
    pinned = FlagField(required=False)
    archived = FlagField(required=False)
    tags = serializers.ListField(
        child=StringField(), required=False, help_text="All that it is to have, by name; new ones are made."
    )
    leaf = IdField(required=False, help_text="A turn; opens the branch that goes through it.")


class AskSerializer(StrictSerializer):
    text = StringField(allow_blank=True)
    client_id = StringField(required=False)
    model = StringField(required=False, allow_blank=True)
    parent = IdField(required=False, help_text="The turn to answer after; the last one of the open branch if left out.")
    attachments = serializers.ListField(
        child=IdField(), required=False, help_text="Files that were uploaded before; the text may then be empty."
    )
    mode = ModeField()


class RetrySerializer(StrictSerializer):
    client_id = StringField(required=False)
    model = StringField(required=False, allow_blank=True)
    mode = ModeField()


class EditSerializer(StrictSerializer):
    text = StringField(allow_blank=True)
    client_id = StringField(required=False)
    model = StringField(required=False, allow_blank=True)


class AllowSerializer(StrictSerializer):
    message = serializers.UUIDField(help_text="The tool's message, which waits.")
    allow = serializers.BooleanField(help_text="Whether this one call may be made.")


class ResumeSerializer(StrictSerializer):
    client_id = StringField(required=False)
    model = StringField(required=False, allow_blank=True)


class NothingSerializer(StrictSerializer):
    """A call that takes no fields."""


class ModelSerializer(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    provider = serializers.CharField()
    title = serializers.CharField(help_text="What people call it here; empty: its id.")
    capabilities = serializers.SerializerMethodField()
    context_length = serializers.IntegerField(allow_null=True, help_text="The most tokens it was trained for.")
    window = serializers.IntegerField(
        allow_null=True, help_text="How many tokens a question and its answer may have; null if nobody says."
    )

    def get_capabilities(self, model: Model) -> list[str]:
        return sorted(model.capabilities)


class ModelsSerializer(serializers.Serializer):
    models = ModelSerializer(many=True)
    default = serializers.CharField(allow_null=True)
