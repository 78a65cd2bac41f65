"""A question of a chat that nobody keeps: all of the chat is sent along, and the answer is streamed."""

import time
import uuid
from collections.abc import AsyncGenerator
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from accounts.serializers import StrictSerializer, StringField
from chatsite.async_api import AsyncAPIView, EventStream
from chatsite.openapi import errors, events, example
from chatsite.queries import StrictQuery
from llm.events import Event, Finished, Text, Thinking

from .. import temporary
from ..events import digest
from ..moderation.watching import ENDED
from ..rendering import LiveBlocks, translated
from ..v1 import problems
from ..v1.caller import FILTERED
from ..v1.readers import Reader
from ..v1.sources import stream
from ..wire import encode

# How often the page hears of more words.
FRAME_SECONDS = 0.05


class SaidSerializer(StrictSerializer):
    role = serializers.ChoiceField(temporary.ROLES)
    content = StringField(allow_blank=True)


class TemporarySerializer(StrictSerializer):
    messages = SaidSerializer(many=True, help_text="All that was said, the question last.")
    model = StringField(required=False, allow_blank=True)


class Frames:
    """The frames of a socket in the format html, as events, with the words beside their HTML: the page sends them
    along with the next question."""

    def __init__(self, request: Request, *, left_out: int) -> None:
        self.message = str(uuid.uuid4())
        self._request = request
        self._left_out = left_out
        self._live = LiveBlocks()
        self._text = ""
        self._thinking = ""
        self._seq = 0
        # What is not told yet, and when something was told last.
        self._words: list[str] = []
        self._thoughts: list[str] = []
        self._told_at = 0.0

    @property
    def ping(self) -> bytes:
        """What is not told yet, or a sign of life."""
        return self._delta() or b": still here\n\n"

    def begin(self) -> bytes:
        """Return the first frame, which names the message."""
        return self._frame("message.created", role="assistant", left_out=self._left_out)

    def tell(self, event: Event) -> bytes:
        """Return the next frame, or nothing if the last one was only just now."""
        match event:
            case Text(text):
                self._text += text
                self._words.append(text)
            case Thinking(text):
                self._thinking += text
                self._thoughts.append(text)
        return self._delta() if time.monotonic() - self._told_at >= FRAME_SECONDS else b""

    def finish(self, finished: Finished) -> bytes:
        """Return the whole message, and how it ended."""
        self._live.update(self._text, done=True)
        self._seq += 1
        whole = {"blocks": translated(self._live.blocks), "thinking": self._thinking, "sha256": digest(self._text)}
        done = self._frame("message.completed", seq=self._seq, status="complete", content=self._text, **whole)
        ended: dict[str, Any] = {"status": "completed", "finish_reason": finished.reason}
        if finished.reason == FILTERED:
            ended |= {"status": "blocked", "detail": ENDED}
        return done + self._frame("turn.finished", **ended)

    def fail(self, problem: problems.Problem) -> bytes:
        """Return what was said until now, and why there is no more."""
        return self._delta() + self._frame("error", code=problem.code, detail=problem.detail)

    def _delta(self) -> bytes:
        if not self._words and not self._thoughts:
            return b""
        first = self._live.update(self._text)
        self._seq += 1
        told: dict[str, Any] = {"seq": self._seq, "from": first, "blocks": translated(self._live.blocks[first:])}
        told |= {"text": "".join(self._words), "thinking": "".join(self._thoughts)}
        self._words, self._thoughts = [], []
        self._told_at = time.monotonic()
        return self._frame("message.delta", **told)

    def _frame(self, kind: str, **fields: Any) -> bytes:
        told = encode({"type": kind, "message": self.message, **fields})
        return f"event: {kind}\ndata: {told}\n\n".encode()


@extend_schema_view(
    post=extend_schema(
        operation_id="ask_without_a_trace",
        tags=["Streams"],
        summary="Ask in a chat that nobody keeps",
        description="Nothing of it is stored but the usage. 403 `not_offered` where everything is kept on record.",
        request=TemporarySerializer,
        examples=[example("A question", messages=[{"role": "user", "content": "Can we end the lease early?"}])],
        responses={
            **events("Pieces of the answer as HTML and as text, then how it ended."),
            **errors(404, 413, 422, 429, 503),
        },
    )
)
class TemporaryView(StrictQuery, AsyncAPIView):
    """Ask in a chat that nobody keeps."""

    required_scope = "chat"

    async def post(self, request: Request) -> EventStream:
        serializer = TemporarySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        try:
            call, left_out = await temporary.begin(
                user=request.user, model=fields.get("model", ""), messages=fields["messages"]
            )
            return EventStream(await self._told(call, request, left_out))
        except problems.ModelError as error:
            raise problems.AnswerFailed(error.detail, code=error.code, retry_after=error.retry_after) from None

    async def _told(self, call: Any, request: Request, left_out: int) -> AsyncGenerator[bytes, None]:
        return await stream(Reader(call, request.auth), Frames(request, left_out=left_out), request)
