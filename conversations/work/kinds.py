"""Who does which kind of job, and what they hand back."""

from collections.abc import Callable
from dataclasses import dataclass

from .rows import Claim

Keep = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What a job came to: `keep` writes it, in the transaction that ends the job; with an `error` the job is tried
    again later, and `postponed` says that this was no attempt of its own."""

    keep: Keep | None = None
    error: str = ""
    postponed: bool = False


Done = Callable[[Claim], Result]

_handlers: dict[str, Done] = {}


def handles(kind: str) -> Callable[[Done], Done]:
    """Make the function below the one that does jobs of this kind."""

    def register(handler: Done) -> Done:
        _handlers[kind] = handler
        return handler

    return register


def handler_of(kind: str) -> Done | None:
    """Return who does jobs of this kind; None if nobody here does."""
    return _handlers.get(kind)
