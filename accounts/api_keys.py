"""The API of keys: list, make, rename, revoke one's own."""

import uuid

from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.openapi import errors, example

from . import keys
from .api import AccountView, read
from .models import ApiKey
from .permissions import require_scope
from .serializers import KeyNameSerializer, KeySerializer, KeysSerializer, MadeKeySerializer, NewKeySerializer


class KeysView(AccountView):
    required_scope = "admin"

    @extend_schema(operation_id="list_keys", tags=["Keys"], summary="List my keys", responses=KeysSerializer)
    def get(self, request: Request) -> Response:
        """List all living keys and the last of those that expired or were revoked, the newest first."""
        return Response(KeysSerializer({"keys": ApiKey.objects.visible_to(request.user)}).data)

    @extend_schema(
        operation_id="make_key",
        tags=["Keys"],
        summary="Make a key",
        request=NewKeySerializer,
        responses={201: MadeKeySerializer, **errors(409)},
        examples=[example("For a script", name="Nightly report", scopes=["read", "chat"])],
    )
    @method_decorator(sensitive_variables("secret", "body"))
    def post(self, request: Request) -> Response:
        """Make a key. Its secret is in `key` of this answer and never shown again."""
        fields = read(NewKeySerializer, request)
        for scope in fields["scopes"]:
            # Otherwise a key could give itself what it was made without.
            require_scope(request.auth, scope)
        key, secret = keys.make(user=request.user, **fields)
        body = KeySerializer(key).data | {"key": secret}
        return Response(body, status=status.HTTP_201_CREATED)


class KeyView(AccountView):
    required_scope = "admin"

    @extend_schema(operation_id="read_key", tags=["Keys"], summary="Read a key", responses=KeySerializer)
    def get(self, request: Request, key_id: uuid.UUID) -> Response:
        """Tell what is known of a key, but for its secret, which is not kept."""
        return Response(KeySerializer(keys.find_own(user=request.user, key_id=key_id)).data)

    @extend_schema(
        operation_id="rename_key",
        tags=["Keys"],
        summary="Rename a key",
        request=KeyNameSerializer,
        responses=KeySerializer,
        examples=[example("Another name", name="Weekly report")],
    )
    def patch(self, request: Request, key_id: uuid.UUID) -> Response:
        """Give a key another name; what it may do and until when cannot be changed."""
        key = keys.find_own(user=request.user, key_id=key_id)
        keys.rename(key=key, **read(KeyNameSerializer, request))
        return Response(KeySerializer(key).data)

    @extend_schema(operation_id="revoke_key", tags=["Keys"], summary="Revoke a key", responses={204: None})
    def delete(self, request: Request, key_id: uuid.UUID) -> Response:
        """Revoke a key: it opens nothing from now on, and sockets and streams that it opened are closed."""
        keys.revoke(key=keys.find_own(user=request.user, key_id=key_id))
        return Response(status=status.HTTP_204_NO_CONTENT)
