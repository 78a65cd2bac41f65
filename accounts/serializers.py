"""What the API takes and tells about people."""

from datetime import UTC

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from .models import ApiKey
from .models.api_key import SCOPES
from .tokens import TOKEN_MAX_CHARACTERS

INVITATION_MAX_CHARACTERS = 100


class StrictSerializer(serializers.Serializer):
    """Fields by name, and nothing else: a field that does not exist is an `unknown_field`, never ignored."""

    def to_internal_value(self, data):
        known = {name for name, field in self.fields.items() if not field.read_only}
        if isinstance(data, dict) and (unknown := [name for name in data if name not in known]):
            raise serializers.ValidationError(
                {str(name)[:100]: "There is no such field." for name in unknown[:10]}, code="unknown_field"
            )
        return super().to_internal_value(data)


class StringField(serializers.CharField):
    """Text as it was sent: a number is not taken for one, and nothing is trimmed."""

    default_error_messages = {"invalid": _("This must be text.")}

    def __init__(self, **options):
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class SignupSerializer(StrictSerializer):
    email = StringField()
    password = StringField()
    name = StringField(required=False, allow_blank=True)
    invitation = StringField(
        required=False, max_length=INVITATION_MAX_CHARACTERS, help_text="The last part of an invitation's link."
    )


class LoginSerializer(StrictSerializer):
    email = StringField()
    password = StringField()
    code = StringField(
        required=False,
        help_text="Where the account is protected by a second step: a code of the app, or a recovery code.",
    )


class RefreshSerializer(StrictSerializer):
    refresh_token = StringField(max_length=TOKEN_MAX_CHARACTERS)


class LogoutSerializer(StrictSerializer):
    """A program that still holds the refresh token may send it along; the whole sign-in ends either way."""

    refresh_token = StringField(required=False, max_length=TOKEN_MAX_CHARACTERS)


class PasswordResetSerializer(StrictSerializer):
    email = StringField()


class PreferencesSerializer(StrictSerializer):
    name = StringField(required=False, allow_blank=True)
    theme = StringField(required=False, allow_blank=True)
    density = StringField(required=False, allow_blank=True)
    language = StringField(required=False, allow_blank=True)


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = get_user_model()
        fields = ["id", "email", "name", "theme", "density", "language", "is_staff", "date_joined"]
        read_only_fields = fields


class TokenPairSerializer(serializers.Serializer):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()


class MeSerializer(serializers.Serializer):
    user = UserSerializer()


class SignedInSerializer(TokenPairSerializer, MeSerializer):
    """A pair of tokens, and whose it is."""


class DetailSerializer(serializers.Serializer):
    detail = serializers.CharField()


class WaitingSerializer(DetailSerializer):
    """An account that was made, and that staff have to let in first."""

    code = serializers.ChoiceField(choices=["user_waiting"])


class NewKeySerializer(StrictSerializer):
    name = StringField()
    scopes = serializers.ListField(
        child=serializers.ChoiceField(
            choices=list(SCOPES), error_messages={"invalid_choice": f"The scopes are: {', '.join(SCOPES)}."}
        ),
        allow_empty=False,
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default_timezone=UTC)


class KeyNameSerializer(StrictSerializer):
    name = StringField()


class KeySerializer(serializers.ModelSerializer):
    """A key as its owner sees it; times are in UTC."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(SCOPES)), read_only=True)
    state = serializers.ChoiceField(choices=["active", "expired", "revoked"], read_only=True)

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "prefix",
            "scopes",
            "state",
            "created_at",
            "last_used_at",
            "expires_at",
            "revoked_at",
        ]
        read_only_fields = fields
        extra_kwargs = {name: {"default_timezone": UTC} for name in fields if name.endswith("_at")}


class MadeKeySerializer(KeySerializer):
    """A new key with its secret, which is told this once."""

    key = serializers.CharField(read_only=True)

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "key"]


class KeysSerializer(serializers.Serializer):
    keys = KeySerializer(many=True)
