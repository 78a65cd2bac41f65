"""One thing that somebody should know."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is: something is lost or does not work, may come to that, or is only good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """How bad it is, a code for programs, what it is in one sentence, and what helps."""

    severity: Severity
    code: str
    what: str
    fix: str
