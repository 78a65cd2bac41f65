"""What the API takes and tells about imports and share links."""

from rest_framework import serializers

from accounts.serializers import StrictSerializer

from ..models import Conversation, ShareLink
from .serializers import FlagField, IdField, TellingSerializer


class ImportedConversationSerializer(TellingSerializer):
    class Meta:
        model = Conversation
        fields = ["id", "title", "created_at", "message_count"]
        read_only_fields = fields


class ImportSerializer(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True)
    # In a form there are only texts.
    preferences = serializers.BooleanField(
        required=False,
        help_text="Whether the settings in an archive of everything take the place of mine; not if left out.",
    )


class BroughtPromptsSerializer(serializers.Serializer):
    brought = serializers.ListField(child=serializers.CharField(), source="prompts", help_text="By their names.")
    kept = serializers.ListField(
        child=serializers.CharField(), source="prompts_kept", help_text="Those of a name that I had already: mine stay."
    )


class BroughtPreferencesSerializer(serializers.Serializer):
    brought = serializers.ListField(child=serializers.CharField(), source="preferences", help_text="What has changed.")
    left = serializers.ListField(
        child=serializers.CharField(), source="preferences_left", help_text="Those that this site does not take."
    )


class ImportedSerializer(serializers.Serializer):
    """What an import made."""

    conversations = ImportedConversationSerializer(many=True)
    missing_files = serializers.ListField(
        child=serializers.CharField(), help_text="Names of files that were attached, whose bytes were not sent."
    )
    prompts = BroughtPromptsSerializer(help_text="Of an archive of everything.")
    preferences = BroughtPreferencesSerializer(help_text="Of an archive of everything.")


class ShareSerializer(TellingSerializer):
    """A share link; its address is told when it is made, and never again."""

    conversation = serializers.UUIDField(source="conversation_id")
    state = serializers.ChoiceField(["active", "expired", "revoked"])

    class Meta:
        model = ShareLink
        fields = [
            "id",
            "conversation",
            "title",
            "state",
            "with_name",
            "with_work",
            "with_images",
            "created_at",
            "expires_at",
            "revoked_at",
        ]
        read_only_fields = fields


class NewShareSerializer(StrictSerializer):
    days = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=90,
        help_text="1, 7, 30, 90, or 0 for until it is revoked; 30 if left out.",
    )
    with_name = FlagField(required=False, help_text="Say who shared it.")
    with_work = FlagField(required=False, help_text="Show thoughts and tool calls.")
    with_images = FlagField(required=False, help_text="Show attached pictures.")
    branch = IdField(required=False, help_text="A turn: share the branch that ends with it, not the open one.")


class MadeShareSerializer(ShareSerializer):
    url = serializers.CharField(help_text="The address, told only now.")

    class Meta(ShareSerializer.Meta):
        fields = [*ShareSerializer.Meta.fields, "url"]
        read_only_fields = fields


class SharesSerializer(serializers.Serializer):
    shares = ShareSerializer(many=True)
