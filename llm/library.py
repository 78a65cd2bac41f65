"""The models that an Ollama server has: which they are, which are loaded, and how one is fetched or deleted."""

import datetime
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import ModelError

if TYPE_CHECKING:
    import ollama

TITLE = "Ollama"


@dataclass(frozen=True, slots=True)
class Installed:
    """A model on the server's disk; `size` in bytes."""

    id: str
    name: str
    size: int
    description: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory: `size` bytes in all, `vram` of them on graphics cards, until it is unloaded."""

    name: str
    size: int
    vram: int
    until: datetime.datetime | None
    window: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """How far a download is: what is being done, and of one layer how many of its bytes are there."""

    status: str
    digest: str = ""
    total: int = 0
    completed: int = 0


class Library:
    """What can be asked of one server about its models; every call raises `ModelError`."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    @property
    def client(self) -> "ollama.AsyncClient":
        """The connections of the running loop."""
        return self.provider.clients.get()

    async def installed(self) -> list[Installed]:
        """Return the models on disk, by name."""
        try:
            found = (await self.client.list()).models
        except Exception as error:
            raise _explained(error) from error
        listed = [
            Installed(f"ollama/{each.model}", each.model, int(each.size or 0), _about(each.details))
            for each in found
            if each.model
        ]
        return sorted(listed, key=lambda model: model.name)

    async def loaded(self) -> list[Loaded]:
        """Return the models in memory."""
        try:
            found = (await self.client.ps()).models
        except Exception as error:
            raise _explained(error) from error
        return [
            Loaded(each.model, int(each.size or 0), int(each.size_vram or 0), each.expires_at, each.context_length)
            for each in found
            if each.model
        ]

    async def pull(self, name: str) -> AsyncGenerator[Step, None]:
        """Yield how far the download is; closing it cancels, and the next one goes on from there."""
        status = ""
        try:
            async with aclosing(await self.client.pull(name, stream=True)) as lines:  # type: ignore[type-var]
                async for told in lines:
                    status = told.status or ""
                    yield Step(status, told.digest or "", told.total or 0, told.completed or 0)
        except Exception as error:
            raise _explained(error) from error
        if status != "success":
            # The stream is a 200 whatever happens in it: only its last line says that all is there.
            raise ModelError("model_interrupted", f"{TITLE} stopped in the middle of the download.", retryable=True)

    async def delete(self, name: str) -> None:
        """Delete a model from the server's disk."""
        try:
            await self.client.delete(name)
        except Exception as error:
            raise _explained(error) from error


def _about(details: Any) -> str:
    parts = (getattr(details, "parameter_size", None), getattr(details, "quantization_level", None))
    return " ".join(part for part in parts if part)


def _explained(error: Exception) -> ModelError:
    # Where no model server is asked, they need not be in memory.
    import ollama

    from .connections import explain, sentence

    if isinstance(error, ModelError):
        return error
    if isinstance(error, ollama.ResponseError):
        said = sentence(error.error) or "it gave no reason"
        return ModelError("model_not_found" if error.status_code == 404 else "model_refused", f"{TITLE} says: {said}")
    if isinstance(error, json.JSONDecodeError | ValueError):
        return ModelError("model_protocol", f"{TITLE} sent something that cannot be understood.")
    return explain(error, server=TITLE, answering=True) or ModelError("model_protocol", f"{TITLE} did not answer.")
