"""A person's tags: list, make, read, change and delete them; conversations name those they have."""

import uuid
from typing import Any

from django.urls import reverse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.serializers import StrictSerializer, StringField
from chatsite.queries import StrictQuery

from .. import tags
from ..models import Tag
from . import described
from .links import absolute
from .serializers import TellingSerializer


class TagSerializer(TellingSerializer):
    used = serializers.IntegerField(help_text="How many conversations have it, archived ones too.")

    class Meta:
        model = Tag
        fields = ["id", "name", "colour", "used", "created_at"]
        read_only_fields = fields


class TagsSerializer(serializers.Serializer):
    tags = TagSerializer(many=True)


class NewTagSerializer(StrictSerializer):
    name = StringField()
    colour = serializers.ChoiceField(choices=Tag.Colour.choices, required=False)


class TagChangesSerializer(StrictSerializer):
    name = StringField(required=False)
    colour = serializers.ChoiceField(choices=Tag.Colour.choices, required=False)


@described.tags(TagsSerializer, TagSerializer, NewTagSerializer, TagChangesSerializer)
class TagViewSet(StrictQuery, GenericViewSet):
    """One's own tags."""

    lookup_url_kwarg = "tag_id"
    lookup_value_converter = "uuid"
    serializer_class = TagSerializer
    pagination_class = None
    queryset = Tag.objects.none()

    def list(self, request: Request) -> Response:
        """One's own tags by name, all of them."""
        return Response(TagsSerializer({"tags": tags.listing(user=request.user)}).data)

    def create(self, request: Request) -> Response:
        """Make a tag; without a colour it gets the one that is used least."""
        made = tags.make(owner=request.user, **_read(NewTagSerializer, request))
        location = absolute(request, reverse("api_tag-detail", args=[made.pk]))
        return self._tell(made.pk, status=status.HTTP_201_CREATED, headers={"Location": location})

    def retrieve(self, request: Request, tag_id: uuid.UUID) -> Response:
        """A tag, and how many conversations have it."""
        return self._tell(tag_id)

    def partial_update(self, request: Request, tag_id: uuid.UUID) -> Response:
        """Rename a tag or give it another colour, wherever it is."""
        found = tags.find(tag_id=tag_id, user=request.user)
        tags.change(tag=found, **_read(TagChangesSerializer, request))
        return self._tell(tag_id)

    def destroy(self, request: Request, tag_id: uuid.UUID) -> Response:
        """Delete a tag; the conversations that have it stay as they are otherwise."""
        tags.delete(tag=tags.find(tag_id=tag_id, user=request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _tell(self, tag_id: uuid.UUID, **answer: Any) -> Response:
        return Response(TagSerializer(tags.find(tag_id=tag_id, user=self.request.user)).data, **answer)


def _read(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
