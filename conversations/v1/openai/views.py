"""The calls of OpenAI's clients."""

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request

from .. import described
from ..asked import Asked
from ..problems import Problem
from ..sources import Source, Teller, Whole
from ..views import ProgramView
from . import reading, telling


class OpenAIShape:
    """OpenAI's words."""

    error = staticmethod(telling.error)
    model = staticmethod(telling.model)
    models = staticmethod(telling.models)

    def status(self, problem: Problem) -> int:
        """Return the HTTP status of an error."""
        return problem.status

    def whole(self, source: Source, whole: Whole, asked: Asked) -> dict[str, Any]:
        """Return a whole answer."""
        return telling.completion(source, whole)

    def teller(self, source: Source, asked: Asked, request_id: str) -> Teller:
        """Return what tells an answer as it is written."""
        return telling.Chunks(source, asked, request_id)


@described.completions
class CompletionsView(ProgramView):
    """Answer the last message of a chat."""

    def shape(self) -> OpenAIShape:
        """Return OpenAI's protocol."""
        return OpenAIShape()

    async def post(self, request: Request) -> HttpResponseBase:
        """Return the answer, whole or as a stream of chunks."""
        return await self.answer(reading.read(request.data, request.headers))
