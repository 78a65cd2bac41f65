"""Conversations: list, make, read, change, delete and end."""

import uuid
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from chatsite.queries import StrictQuery

from .. import lifecycle, summaries
from ..models import Conversation
from . import described, history, versions
from .filters import ConversationFilterBackend, ConversationFilters
from .links import absolute
from .pagination import PARAMETERS, ConversationPagination
from .serializers import (
    ConversationChangesSerializer,
    ConversationDetailSerializer,
    ConversationSerializer,
    NewConversationSerializer,
    NothingSerializer,
)
from .sessions import SessionSerializer


@described.conversations
class ConversationViewSet(StrictQuery, GenericViewSet):
    """One's own conversations."""

    lookup_url_kwarg = "conversation_id"
    lookup_value_converter = "uuid"
    pagination_class = ConversationPagination
    filter_backends = [ConversationFilterBackend]
    filterset_class = ConversationFilters
    serializer_classes: dict[str, type[BaseSerializer]] = {
        "list": ConversationSerializer,
        "create": NewConversationSerializer,
        "partial_update": ConversationChangesSerializer,
        "end": NothingSerializer,
        "restore": NothingSerializer,
    }

    def get_queryset(self):
        return Conversation.objects.visible_to(self.request.user)

    def get_serializer_class(self) -> type[BaseSerializer]:
        return self.serializer_classes.get(self.action, ConversationDetailSerializer)

    def known_parameters(self) -> frozenset[str]:
        return PARAMETERS | set(ConversationFilters.base_filters) if self.action == "list" else frozenset()

    def list(self, request: Request) -> Response:
        """One's own conversations, the last active first; archived ones are among them unless filtered out."""
        page = self.paginate_queryset(
            self.filter_queryset(self.get_queryset().defer("instructions").prefetch_related("tags"))
        )
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def create(self, request: Request) -> Response:
        """Make an empty conversation; asking under an unused id makes one too."""
        made = lifecycle.create(owner=request.user, **self._read())
        location = absolute(request, reverse("api_conversation-detail", args=[made.pk]))
        return self._tell(made, status=status.HTTP_201_CREATED, Location=location)

    def retrieve(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """A conversation with the last messages of its open branch."""
        found = lifecycle.find(conversation_id=conversation_id, user=request.user)
        writing = found.leaf is not None and found.leaf.is_open
        if versions.is_known(request, found) and not writing:
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": versions.etag(found)})
        return self._tell(found)

    def partial_update(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Change a conversation's own fields; `leaf` opens another branch."""
        found = lifecycle.find(conversation_id=conversation_id, user=request.user)
        changes = self._read()
        changed = lifecycle.change(conversation=found, changes=changes, expected=versions.expected(request))
        return self._tell(changed)

    def destroy(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Delete a conversation and all that was said in it; for a moment that can be undone."""
        found = lifecycle.find(conversation_id=conversation_id, user=request.user)
        lifecycle.delete(conversation=found, expected=versions.expected(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @action(detail=True, methods=["post"])
    def restore(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Undo the deletion of a conversation, as long as that is possible; one that was not deleted stays as it is."""
        self._read()
        return self._tell(lifecycle.restore(conversation_id=conversation_id, user=request.user))

    @described.ending(SessionSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Mark a conversation as completed, and have its summary written; the next question opens it again."""
        found = lifecycle.find(conversation_id=conversation_id, user=request.user)
        self._read()
        ended = lifecycle.end(conversation=found)
        return Response(SessionSerializer(summaries.session_of(ended)).data)

    def _read(self) -> dict[str, Any]:
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def _tell(self, conversation: Conversation, status: int = status.HTTP_200_OK, **headers: str) -> Response:
        # For the body and for the version that the answer is marked with.
        prefetch_related_objects([conversation], "tags")
        part = history.read(conversation=conversation, leaf_id=conversation.leaf_id)
        earlier = part.earlier and absolute(
            self.request,
            reverse("api_messages", args=[conversation.pk]),
            leaf=conversation.leaf_id,
            cursor=part.earlier,
        )
        for name, value in (("messages", part.messages), ("earlier", earlier)):
            setattr(conversation, name, value)
        body = ConversationDetailSerializer(conversation).data
        return Response(body, status=status, headers={"ETag": versions.etag(conversation), **headers})
