"""What texts mean, as vectors: texts that say the same in other words have vectors that point the same way."""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .catalog import Catalog
from .errors import ModelError
from .values import Embedded

MOST_DIMENSIONS = 8192
# A text that a server does not take is halved, down to so many characters.
SHORTEST_CHARACTERS = 300
# What a server may say to a text that is too long for its model.
UNTAKEN = frozenset({"model_refused", "model_error"})
# After a failure a model is left alone for so long: nobody waits again for a server that hangs.
REST_SECONDS = 30.0
# What the makers of a model want before a question, and before a passage that may answer it; without it they find less.
LABELS = {
    "nomic-embed-text": ("search_query: ", "search_document: "),
    "mxbai-embed-large": ("Represent this sentence for searching relevant passages: ", ""),
    "snowflake-arctic-embed2": ("query: ", ""),
    "snowflake-arctic-embed": ("Represent this sentence for searching relevant passages: ", ""),
    "multilingual-e5": ("query: ", "passage: "),
    "embeddinggemma": ("task: search result | query: ", "title: none | text: "),
    "qwen3-embedding": ("Instruct: Given a question, retrieve passages that answer it\nQuery: ", ""),
}


@dataclass(frozen=True, slots=True)
class Embedder:
    """A model that turns texts into vectors, at its provider."""

    provider: Any
    # As in EMBEDDING_MODEL: `ollama/nomic-embed-text`.
    id: str

    @property
    def provider_name(self) -> str:
        """The name of the provider."""
        return self.id.partition("/")[0]

    async def question(self, text: str, *, seconds: float) -> Embedded:
        """Return what a question means, in at most so many seconds; raises ModelError."""
        return await self._embed([self._labels()[0] + text], seconds)

    async def passages(self, texts: Sequence[str], *, seconds: float) -> Embedded:
        """Return what passages mean; of those that are too long for the model, their beginning. Raises ModelError."""
        return await self._embed([self._labels()[1] + text for text in texts], seconds)

    def _labels(self) -> tuple[str, str]:
        name = self.id.lower()
        return next((labels for known, labels in LABELS.items() if known in name), ("", ""))

    async def _embed(self, texts: list[str], seconds: float) -> Embedded:
        try:
            async with asyncio.timeout(seconds):
                return _checked(await self._taken(texts), len(texts))
        except TimeoutError:
            raise ModelError("model_timeout_total", "The model took too long.", retryable=True) from None

    async def _taken(self, texts: list[str]) -> Embedded:
        """Return what texts mean; where the server does not take them, each by itself, and as much as it takes."""
        try:
            return _checked(await self.provider.embed(model=self.id.partition("/")[2], texts=texts), len(texts))
        except ModelError as error:
            if error.code not in UNTAKEN or (len(texts) == 1 and len(texts[0]) <= SHORTEST_CHARACTERS):
                raise
        if len(texts) == 1:
            return await self._taken([texts[0][: max(SHORTEST_CHARACTERS, len(texts[0]) // 2)]])
        found = [await self._taken([text]) for text in texts]
        counts = [each.tokens for each in found if isinstance(each.tokens, int)]
        return Embedded([vector for each in found for vector in each.vectors], sum(counts) if counts else None)


class Rests:
    """Which models failed a moment ago, and with which error: whoever asks again would only wait again."""

    def __init__(self) -> None:
        self._failed: dict[str, tuple[float, ModelError]] = {}

    def failed(self, model_id: str, error: ModelError) -> None:
        """Leave a model alone for `REST_SECONDS`."""
        self._failed[model_id] = (time.monotonic() + REST_SECONDS, error)

    def answered(self, model_id: str) -> None:
        """Forget that a model failed."""
        self._failed.pop(model_id, None)

    def trouble(self, model_id: str) -> ModelError | None:
        """Return the error of a model that is left alone, None if it may be asked."""
        until, error = self._failed.get(model_id, (0.0, None))
        return error if time.monotonic() < until else None


def find(catalog: Catalog, model_id: str) -> Embedder:
    """Return the model that EMBEDDING_MODEL names; raises ModelError where it names no server that is set up.

    Models that only make vectors are in no listing, so whether it is there is known when it is asked.
    """
    provider = catalog.providers.get(model_id.partition("/")[0])
    if not hasattr(provider, "embed") or not model_id.partition("/")[2]:
        raise ModelError("model_not_found", f"There is no model named {model_id}.")
    return Embedder(provider, model_id)


def _checked(embedded: Embedded, count: int) -> Embedded:
    """Return the vectors if they are what was asked for; raises ModelError."""
    try:
        lengths = {len(each) for each in embedded.vectors}
        sound = len(embedded.vectors) == count and len(lengths) == 1 and 0 < lengths.pop() <= MOST_DIMENSIONS
        # What is no number cannot be added, and what is not finite stays so.
        sound = sound and all(math.isfinite(sum(each)) for each in embedded.vectors)
    except (TypeError, OverflowError):
        sound = False
    if not sound:
        raise ModelError("model_protocol", "The model server sent something that cannot be understood.")
    return embedded
