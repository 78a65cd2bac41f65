"""Share links: make one, see which there are, revoke one."""

import uuid

from django.urls import reverse
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.queries import StrictQuery

from .. import lifecycle, shares
from . import taken_described as described
from .links import absolute
from .taken import MadeShareSerializer, NewShareSerializer, ShareSerializer, SharesSerializer


@described.shares_of
class SharesOfView(StrictQuery, GenericAPIView):
    """The links to a conversation."""

    serializer_class = NewShareSerializer

    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """The newest first; their addresses are told when they are made, and never again."""
        conversation = lifecycle.find(conversation_id=conversation_id, user=request.user)
        found = shares.listed(user=request.user, conversation=conversation)
        return Response(SharesSerializer({"shares": found}).data)

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Make a link to the open branch as it stands: nothing that is said later gets in."""
        conversation = lifecycle.find(conversation_id=conversation_id, user=request.user)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        link, token = shares.make(conversation=conversation, owner=request.user, **serializer.validated_data)
        url = absolute(request, reverse("shared", args=[token]))
        setattr(link, "url", url)  # noqa: B010  The row does not keep it.
        where = absolute(request, reverse("api_share", args=[link.pk]))
        return Response(MadeShareSerializer(link).data, status=status.HTTP_201_CREATED, headers={"Location": where})


@described.shares
class SharesView(StrictQuery, GenericAPIView):
    """All links of mine, the newest first."""

    serializer_class = SharesSerializer

    def get(self, request: Request) -> Response:
        return Response(self.get_serializer({"shares": shares.listed(user=request.user)}).data)


@described.share
class ShareView(StrictQuery, GenericAPIView):
    """One link of mine."""

    serializer_class = ShareSerializer

    def get(self, request: Request, link_id: uuid.UUID) -> Response:
        """How it stands."""
        return Response(self.get_serializer(shares.find(link_id=link_id, user=request.user)).data)

    def delete(self, request: Request, link_id: uuid.UUID) -> Response:
        """Revoke it: from now on it leads nowhere."""
        shares.revoke(link=shares.find(link_id=link_id, user=request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)
