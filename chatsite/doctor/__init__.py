"""What is wrong with this installation, if anything: each finding says how bad it is, what it is, and what helps."""

from collections.abc import Callable, Iterator

from . import configuration, room, rows, services
from .finding import Finding, Severity

__all__ = ["CHECKS", "Finding", "Severity", "examine"]

CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "configuration": configuration.examine,
    "database": services.database,
    "migrations": services.migrations,
    "redis": services.redis,
    "models": services.models,
    "embeddings": services.embeddings,
    "jobs": services.jobs,
    "disk": room.disk,
    "files": room.files,
    "conversations": rows.conversations,
    "usage": rows.usage,
    "audit": rows.audit,
}
# They ask the database, and so only tell that it is away once more.
NEED_DATABASE = {"migrations", "embeddings", "jobs", "files", "conversations", "usage", "audit"}


def examine(only: list[str] | None = None) -> Iterator[tuple[str, Finding]]:
    """Yield each finding with the name of its check; a check that cannot be made is a finding itself."""
    away = False
    for name, check in CHECKS.items():
        if (only and name not in only) or (away and name in NEED_DATABASE):
            continue
        try:
            for finding in check():
                away = away or finding.code in {"database_away", "not_migrated"}
                yield name, finding
        except Exception as error:
            # A database quotes below its first line what it could not take.
            first = next(iter(str(error).splitlines()), "")[:200]
            what = f"This could not be looked at: {type(error).__name__} ({first})."
            yield (
                name,
                Finding(Severity.ERROR, "check_failed", what, "Put right what is told above, or report it."),
            )
