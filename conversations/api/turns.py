"""Turns: ask, look, stop, ask again, ask differently."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from chatsite.queries import StrictQuery

from .. import permits, sse, turns
from ..turns import Started
from . import described
from .history import so_far
from .links import absolute
from .requests import idempotency_key
from .serializers import (
    AllowSerializer,
    AskSerializer,
    EditSerializer,
    MessageSerializer,
    NothingSerializer,
    ResumeSerializer,
    RetrySerializer,
    StartedSerializer,
    TurnSerializer,
)


class SendView(StrictQuery, GenericAPIView):
    """A view whose calls start a turn, once for each Idempotency-Key; its answer can be the stream of the answer."""

    renderer_classes = [*GenericAPIView.renderer_classes, sse.EventStreamRenderer]

    def send(self, verb: Callable[..., Started], **where: Any) -> HttpResponseBase:
        """Answer with the turn that `verb` starts from what was sent, or with its stream if that was asked for."""
        streams = isinstance(self.request.accepted_renderer, sse.EventStreamRenderer)
        fields = self.read()
        if streams:
            sse.check_room(self.request.user)
        started = verb(author=self.request.user, **where, **fields)
        if not streams:
            return self.tell(started)
        return sse.response(
            credential=self.request.auth,
            conversation_id=started.turn.conversation_id,
            turn=started.turn,
        )

    def read(self) -> dict[str, Any]:
        """Return the fields of a send, with its idempotency key as `client_id`."""
        fields = self.read_fields()
        return {**fields, "client_id": idempotency_key(self.request, fields.get("client_id"))}

    def read_fields(self) -> dict[str, Any]:
        """Return the fields of the body; raises ValidationError."""
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def tell(self, started: Started) -> Response:
        """Answer with the turn that was accepted, now or when this was sent before."""
        answer = so_far(started.answer, started.turn.conversation_id)
        body = StartedSerializer({"turn": started.turn, "message": started.question, "answer": answer}).data
        headers = {"Location": absolute(self.request, reverse("api_turn-detail", args=[started.turn.pk]))}
        if not started.new:
            headers["Idempotent-Replayed"] = "true"
        return Response(body, status=status.HTTP_202_ACCEPTED, headers=headers)


@described.asking
class AskView(SendView):
    """Ask a question; under an id that nobody has used, this makes the conversation."""

    serializer_class = AskSerializer

    def post(self, request: Request, conversation_id: uuid.UUID) -> HttpResponseBase:
        return self.send(turns.start, conversation_id=conversation_id)


@described.turns
class TurnViewSet(SendView, GenericViewSet):
    """Turns of one's own conversations."""

    lookup_url_kwarg = "turn_id"
    lookup_value_converter = "uuid"
    serializer_classes: dict[str, type[BaseSerializer]] = {
        "stop": NothingSerializer,
        "allow": AllowSerializer,
        "retry": RetrySerializer,
        "edit": EditSerializer,
        "resume": ResumeSerializer,
    }

    def get_serializer_class(self) -> type[BaseSerializer]:
        return self.serializer_classes.get(self.action, TurnSerializer)

    def retrieve(self, request: Request, turn_id: uuid.UUID) -> Response:
        """How a turn stands: status, usage, timings, error."""
        return Response(self.get_serializer(turns.find(turn_id=turn_id, user=request.user)).data)

    @action(detail=True, methods=["post"])
    def stop(self, request: Request, turn_id: uuid.UUID) -> Response:
        """Stop an answer; what was said so far is kept."""
        turn = turns.find(turn_id=turn_id, user=request.user)
        self.read_fields()
        return Response(TurnSerializer(turns.stop(turn=turn)).data, status=status.HTTP_202_ACCEPTED)

    @action(detail=True, methods=["post"])
    def allow(self, request: Request, turn_id: uuid.UUID) -> Response:
        """Let a tool run that asks first, or refuse it."""
        turn = turns.find(turn_id=turn_id, user=request.user)
        fields = self.read_fields()
        row = permits.decide(turn=turn, message_id=fields["message"], allow=fields["allow"])
        return Response(MessageSerializer(row).data)

    @action(detail=True, methods=["post"])
    def retry(self, request: Request, turn_id: uuid.UUID) -> HttpResponseBase:
        """Ask the same question again, beside the first time."""
        return self.send(turns.retry, turn=turns.find(turn_id=turn_id, user=request.user))

    @action(detail=True, methods=["post"], url_path="continue", url_name="continue")
    def resume(self, request: Request, turn_id: uuid.UUID) -> HttpResponseBase:
        """Have an answer go on where it was cut off, beside what was said then; 400 `not_cut_off` if it was not."""
        return self.send(turns.resume, turn=turns.find(turn_id=turn_id, user=request.user))

    @action(detail=True, methods=["post"])
    def edit(self, request: Request, turn_id: uuid.UUID) -> HttpResponseBase:
        """Ask differently; the old branch stays."""
        return self.send(turns.edit, turn=turns.find(turn_id=turn_id, user=request.user))
