"""The calls of Anthropic's clients."""

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request

from llm.tokens import estimate_prompt

from ... import profiles
from .. import described
from ..asked import Asked
from ..caller import engine
from ..sources import Source, Teller, Whole
from ..views import ProgramView
from . import reading, telling


class AnthropicShape:
    """Anthropic's words."""

    status = staticmethod(telling.status)
    error = staticmethod(telling.error)
    model = staticmethod(telling.model)
    models = staticmethod(telling.models)

    def whole(self, source: Source, whole: Whole, asked: Asked) -> dict[str, Any]:
        """Return a whole answer."""
        return telling.message(source, whole, asked)

    def teller(self, source: Source, asked: Asked, request_id: str) -> Teller:
        """Return what tells an answer as it is written."""
        return telling.Events(source, asked, request_id)


@described.messages
class MessagesView(ProgramView):
    """Answer the last message of a chat."""

    # Clients send it with what is still being tried out.
    harmless_parameters = frozenset({"beta"})

    def shape(self) -> AnthropicShape:
        """Return Anthropic's protocol."""
        return AnthropicShape()

    async def post(self, request: Request) -> HttpResponseBase:
        """Return the answer, whole or as a stream of events."""
        return await self.answer(reading.read(request.data, request.headers))


@described.counting
class CountView(MessagesView):
    """Estimate how many tokens a chat is."""

    async def post(self, request: Request) -> HttpResponseBase:
        """Return the estimate."""
        asked = reading.read(request.data, request.headers, counting=True)
        await profiles.resolve(engine().catalog, user=request.user, wanted=asked.model)
        return self.json({"input_tokens": estimate_prompt(asked.messages, asked.tools)})
