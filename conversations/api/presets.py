"""Prompts that are kept: list, make, read, change, share and delete them."""

import uuid
from typing import Any

from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.serializers import StrictSerializer, StringField
from chatsite.openapi import errors, example
from chatsite.queries import StrictQuery

from .. import presets
from ..models import Preset
from .links import absolute
from .serializers import FlagField, TellingSerializer

ABOUT_SHARING = "Only for those who may share prompts."


class PresetSerializer(TellingSerializer):
    """A prompt that one may use; `mine` says whether one may change it."""

    variables = serializers.SerializerMethodField(help_text="The names of the gaps in it, such as {{topic}}.")
    mine = serializers.SerializerMethodField()
    everybody = serializers.BooleanField(help_text="Whether everybody may use it.")
    groups = serializers.SerializerMethodField(help_text="Whose members may use it; told to its owner only.")

    class Meta:
        model = Preset
        fields = ["id", "name", "text", "variables", "mine", "everybody", "groups", "created_at"]
        read_only_fields = fields

    def get_variables(self, preset: Preset) -> list[str]:
        return presets.variables(preset.text)

    def get_mine(self, preset: Preset) -> bool:
        return preset.owner_id == self.context["user"].pk

    def get_groups(self, preset: Preset) -> list[str]:
        return sorted(group.name for group in preset.groups.all()) if self.get_mine(preset) else []


class PresetsSerializer(serializers.Serializer):
    presets = PresetSerializer(many=True)


class NewPresetSerializer(StrictSerializer):
    name = StringField()
    text = StringField()


class PresetChangesSerializer(StrictSerializer):
    name = StringField(required=False, allow_blank=True)
    text = StringField(required=False, allow_blank=True)
    everybody = FlagField(required=False, help_text=ABOUT_SHARING)
    groups = serializers.ListField(
        child=StringField(), required=False, max_length=100, help_text=f"All that it is shared with. {ABOUT_SHARING}"
    )


class PresetsView(StrictQuery, GenericAPIView):
    """The prompts that one may use."""

    serializer_class = PresetSerializer

    @extend_schema(
        operation_id="list_presets", tags=["Prompts"], summary="List the prompts I may use", responses=PresetsSerializer
    )
    def get(self, request: Request) -> Response:
        """One's own prompts and those that are shared with one, by name."""
        found = presets.listing(user=request.user)
        return Response(PresetsSerializer({"presets": found}, context={"user": request.user}).data)

    @extend_schema(
        operation_id="make_preset",
        tags=["Prompts"],
        summary="Keep a prompt",
        request=NewPresetSerializer,
        responses={201: PresetSerializer, **errors(409, 413)},
        examples=[example("With a gap", name="Explain", text="Explain {{topic}} to a child.")],
    )
    def post(self, request: Request) -> Response:
        """Keep a prompt; what stands in it between two braces, such as {{topic}}, is filled in when it is used."""
        made = presets.make(owner=request.user, **_read(NewPresetSerializer, request))
        location = absolute(request, reverse("api_preset", args=[made.pk]))
        body = PresetSerializer(made, context={"user": request.user}).data
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": location})


class PresetView(StrictQuery, GenericAPIView):
    """One prompt."""

    serializer_class = PresetSerializer

    @extend_schema(operation_id="read_preset", tags=["Prompts"], summary="Read a prompt", responses=PresetSerializer)
    def get(self, request: Request, preset_id: uuid.UUID) -> Response:
        """A prompt of one's own, or one that is shared with one."""
        found = presets.find(preset_id=preset_id, user=request.user)
        return Response(PresetSerializer(found, context={"user": request.user}).data)

    @extend_schema(
        operation_id="change_preset",
        tags=["Prompts"],
        summary="Change or share a prompt",
        request=PresetChangesSerializer,
        responses={200: PresetSerializer, **errors(403, 409, 413)},
        examples=[example("For everybody", everybody=True)],
    )
    def patch(self, request: Request, preset_id: uuid.UUID) -> Response:
        """Change what is sent, and leave the rest; all of it or nothing."""
        changes = _read(PresetChangesSerializer, request)
        sharing = {name: changes.pop(name) for name in ("everybody", "groups") if name in changes}
        with transaction.atomic():
            found = presets.find_own(preset_id=preset_id, user=request.user)
            presets.change(preset=found, **changes)
            if sharing:
                stands: dict[str, Any] = {
                    "everybody": found.everybody,
                    "groups": [group.name for group in found.groups.all()],
                }
                presets.share(preset=found, by=request.user, **(stands | sharing))
        return self.get(request, preset_id)

    @extend_schema(
        operation_id="delete_preset",
        tags=["Prompts"],
        summary="Delete a prompt",
        responses={204: None, **errors(403)},
    )
    def delete(self, request: Request, preset_id: uuid.UUID) -> Response:
        """Delete a prompt of one's own, for those whom it is shared with too."""
        presets.delete(preset=presets.find_own(preset_id=preset_id, user=request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _read(serializer_class: type[StrictSerializer], request: Request) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
