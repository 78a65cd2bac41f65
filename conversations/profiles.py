"""Which models a person may use, and how: the one place where every edge finds a model for somebody."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from accounts.models import User
from chatsite.threads import in_database
from llm.catalog import Catalog, Listing
from llm.values import Message, Model, Options

from .models import ModelProfile

ABILITIES = ("vision", "tools", "thinking")


@dataclass(frozen=True, slots=True)
class Seen:
    """The models as one person sees them: all profiles by the id of their model, and those that are not theirs."""

    profiles: Mapping[str, ModelProfile]
    refused: frozenset[str]

    def listing(self, listing: Listing) -> Listing:
        """Return what there is for this person, and what they begin with."""
        if not self.profiles:
            return listing
        allowed = [model for model in listing.models if model.id not in self.refused]
        shown = tuple(self.adjusted(model) for model in allowed if not self._is(model.id, "hidden"))
        marked = [model.id for model in shown if self._is(model.id, "is_default")]
        usual = {model.id for model in shown} & {listing.default}
        # While their server is away, what one begins with stays.
        away = not listing.models and listing.default not in self.refused and listing.default
        default = next(iter([*sorted(marked), *usual, *(model.id for model in shown)]), away or None)
        return replace(listing, models=shown, default=default)

    def adjusted(self, model: Model) -> Model:
        """Return a model with what its profile says of it."""
        profile = self.profiles.get(model.id)
        if profile is None:
            return model
        said = {ability: getattr(profile, ability) for ability in ABILITIES}
        can = (model.capabilities | {name for name in said if said[name]}) - {n for n in said if said[n] is False}
        limits = [window for window in (model.window, profile.window) if window]
        return replace(
            model,
            title=profile.name,
            description=profile.description or model.description,
            capabilities=frozenset(can),
            window=min(limits, default=None),
        )

    def _is(self, model_id: str, what: str) -> bool:
        profile = self.profiles.get(model_id)
        return profile is not None and getattr(profile, what)


@dataclass(frozen=True, slots=True)
class Found:
    """A model that this person may use, with its provider and its profile, if it has one."""

    provider: Any
    model: Model
    profile: ModelProfile | None

    @property
    def instructions(self) -> str:
        """What it is told before everything else; empty if nothing."""
        return self.profile.instructions if self.profile else ""

    def options(self, wanted: Options) -> Options:
        """Return how it is asked: as wanted, within what its profile allows."""
        if self.profile is None:
            return wanted
        longest = [each for each in (wanted.max_tokens, self.profile.max_tokens) if each]
        said = any(getattr(self.profile, ability) is not None for ability in ABILITIES)
        return replace(
            wanted,
            temperature=self.profile.temperature if wanted.temperature is None else wanted.temperature,
            max_tokens=min(longest, default=None),
            capabilities=self.model.capabilities if said else None,
        )

    def opened(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """Return what is asked with what the model is told before everything else."""
        if not self.instructions:
            return messages
        first, rest = messages[0], messages[1:]
        if first.role != "system":
            return (Message("system", self.instructions), *messages)
        return (replace(first, text=f"{self.instructions}\n\n{first.text}"), *rest)


def seen_by(user: User) -> Seen:
    """Return the models as this person sees them."""
    found = {profile.model: profile for profile in ModelProfile.objects.prefetch_related("groups")}
    limited = {model: {group.pk for group in profile.groups.all()} for model, profile in found.items()}
    mine = set(user.groups.values_list("pk", flat=True)) if any(limited.values()) else set()
    held = {model for model, groups in limited.items() if groups or found[model].limited}
    return Seen(found, frozenset(model for model in held if not limited[model] & mine))


async def resolve(catalog: Catalog, *, user: User, wanted: str | None) -> Found:
    """Return the model of this id or name, or the one to begin with, for this person; raises `ModelError`."""
    return await find(catalog, seen=await in_database(seen_by, user), wanted=wanted)


async def find(catalog: Catalog, *, seen: Seen, wanted: str | None) -> Found:
    """Return what `resolve` does, for whoever sees the models like this; raises `ModelError`.

    One that they may not use is answered for like one that there is not.
    """
    asked = wanted or None
    if asked is None and seen.profiles:
        listing = catalog.listing()
        asked = seen.listing(listing if listing.models else await catalog.refresh()).default
        if asked is None:
            raise catalog.missing(None)
    provider, model = await catalog.get(asked)
    if model.id in seen.refused:
        raise catalog.missing(asked)
    return Found(provider, seen.adjusted(model), seen.profiles.get(model.id))
