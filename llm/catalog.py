"""Which models there are: what every provider offers, kept fresh without anybody waiting for it."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from .config import Config
from .errors import ModelError
from .providers.base import Provider
from .providers.demo import MODEL as DEMO_MODEL
from .providers.demo import DemoProvider
from .providers.scripted import ScriptedProvider
from .values import Model

if TYPE_CHECKING:
    from .library import Library

logger = logging.getLogger(__name__)

FRESH_SECONDS = 10.0
ANSWER_SECONDS = 2.0
STATES = {
    "model_unreachable": "unreachable",
    "model_timeout_connect": "unreachable",
    "model_refused": "refused",
    "model_misconfigured": "refused",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """The models on offer, the one to use when none is named, each provider's state, and whether only the demo is left.

    A state is ok, unreachable, slow (no answer in time), refused (key or address), or broken.
    """

    models: tuple[Model, ...] = ()
    default: str | None = None
    states: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    demo: bool = False


class Catalog:
    """The providers of a configuration and what they offer."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.demo = DemoProvider()
        self.providers: dict[str, Provider] = {}
        if config.ollama_base_url:
            from .providers.ollama import OllamaProvider

            self.providers["ollama"] = OllamaProvider(config)
        if config.openai_base_url:
            from .providers.openai import OpenAIProvider

            self.providers["openai"] = OpenAIProvider(config)
        if config.scripted:
            self.providers["scripted"] = ScriptedProvider()
        self.current = Listing()
        self.known: dict[str, Model] = {}
        # What providers said when they were asked for their models and had none to offer.
        self.details: dict[str, str] = {}
        self.refreshed_at: float | None = None
        self.refreshing: asyncio.Task[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def library(self) -> "Library | None":
        """Return what can be asked about Ollama's models, None where there is no Ollama."""
        from .library import Library

        return Library(self.providers["ollama"]) if "ollama" in self.providers else None

    def expire(self) -> None:
        """Have the servers asked anew at the next look, because their models have changed."""
        self.refreshed_at = None

    def listing(self) -> Listing:
        """Return what was last heard, without asking anybody."""
        return self.current

    async def refresh(self) -> Listing:
        """Return the listing, asked for anew if it is older than 10 s; callers at the same time share one asking."""
        if task := self.start_refresh():
            await asyncio.shield(task)
        return self.current

    async def get(self, model_id: str | None) -> tuple[Provider, Model]:
        """Return a model by id or bare name, None for the default; `ModelError` if there is none."""
        found = self.find(model_id)
        if found and found.provider != "demo":
            self.start_refresh()
        elif model_id != "demo/demo":
            await self.refresh()
            found = self.find(model_id)
        wanted = model_id or self.current.default
        if found is None and wanted:
            # A server that is away for a moment still has its models: the request itself tells what is wrong.
            states = self.current.states
            away = {id: model for id, model in self.known.items() if states.get(model.provider) != "ok"}
            found = match(wanted, away)
        if found is None:
            raise self.missing(model_id)
        return self.providers.get(found.provider, self.demo), found

    async def close(self) -> None:
        """Stop asking and close every provider's connections."""
        if self.refreshing and not self.refreshing.done() and self.loop is asyncio.get_running_loop():
            self.refreshing.cancel()
            await asyncio.wait((self.refreshing,))
        for provider in self.providers.values():
            await provider.close()

    def find(self, model_id: str | None) -> Model | None:
        """Return a model of the listing, None if it is not there."""
        wanted = model_id or self.current.default
        if wanted == "demo/demo":
            return DEMO_MODEL
        return match(wanted, {model.id: model for model in self.current.models}) if wanted else None

    def missing(self, model_id: str | None) -> ModelError:
        name = model_id or self.config.default_model
        provider = name.partition("/")[0]
        state = self.current.states.get(provider, "ok")
        if state == "refused":
            if provider == "local":
                return ModelError("model_misconfigured", self.details[provider])
            detail = f"The server of the model {name} does not let this installation in."
            return ModelError("model_misconfigured", detail)
        if state != "ok":
            return ModelError("model_unreachable", f"The server of the model {name} cannot be reached.", retryable=True)
        return ModelError("model_not_found", f"There is no model named {name}.")

    def start_refresh(self) -> asyncio.Task[None] | None:
        """Return the task that is asking, started now if what is known is old; None if it is fresh."""
        loop = asyncio.get_running_loop()
        if self.loop is not loop:
            self.loop, self.refreshing = loop, None
        if self.refreshing and not self.refreshing.done():
            return self.refreshing
        if self.refreshed_at is not None and loop.time() - self.refreshed_at < FRESH_SECONDS:
            return None
        self.refreshing = loop.create_task(self.ask_all())
        return self.refreshing

    def look_for_local(self) -> None:
        """Take models of this machine in once there are any: who has none should not pay for them."""
        folder = self.config.local_folder
        if folder and "local" not in self.providers and any(Path(folder).glob("*.gguf")):
            from .providers.local import LocalProvider

            self.providers["local"] = LocalProvider(self.config)

    async def ask_all(self) -> None:
        await asyncio.to_thread(self.look_for_local)
        names = list(self.providers)
        answers = await asyncio.gather(*(self.ask(self.providers[name]) for name in names))
        models = tuple(model for found, _ in answers for model in found)
        self.known.update({model.id: model for model in models})
        states = {name: state for name, (_, state) in zip(names, answers, strict=True)}
        # While a server with models is only away, nobody's question goes to the demo unasked.
        away = any(states[model.provider] != "ok" for model in self.known.values())
        demo = not models and not away
        if demo:
            models = (DEMO_MODEL,)
        offered = {model.id: model for model in models}
        preferred = (getattr(self.providers[name], "preferred", None) for name in names)
        wished = filter(None, (self.config.default_model, *preferred))
        chosen = next(filter(None, (match(wish, offered) for wish in wished)), None)
        default = (chosen or models[0]).id if models else self.current.default
        self.current = Listing(models, default, MappingProxyType(states), demo)
        self.refreshed_at = asyncio.get_running_loop().time()

    async def ask(self, provider: Provider) -> tuple[list[Model], str]:
        """Return a provider's models and its state; it never raises, and has two seconds."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await provider.models(), "ok"
        except TimeoutError:
            return [], "slow"
        except ModelError as error:
            self.details[provider.name] = error.detail
            return [], STATES.get(error.code, "broken")
        except Exception:
            # One provider's trouble, of whatever kind, must not hide the models of the others.
            logger.exception("Listing the models of %s failed", provider.name)
            return [], "broken"


def match(wanted: str, models: Mapping[str, Model]) -> Model | None:
    """Return the model with this id, else the first one with this bare name; `:latest` may be left out."""
    for name in (wanted, f"{wanted}:latest"):
        if name in models:
            return models[name]
        for model in models.values():
            if model.name == name:
                return model
    return None
