"""What goes into a summary and what comes out."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Said(NamedTuple):
    """One message; `role` is user or assistant."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A summary: three or four sentences, what it was about, in which mood, and what came of it."""

    text: str
    topics: list[str] = field(default_factory=list)
    sentiment: str = "neutral"
    outcomes: list[str] = field(default_factory=list)
