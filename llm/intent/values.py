"""The values of intent detection: what a message wants, how surely, and why."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Mode(StrEnum):
    """What an assistant is wanted for."""

    CHAT = "chat"
    CODE = "code"
    TUTORIAL = "tutorial"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message wants: `confidence` is 0 to 1, trustworthy from 0.6; `reason` is a sentence for people."""

    mode: Mode
    confidence: float
    reason: str


class Earlier(NamedTuple):
    """A question that was asked before, and the mode it was answered in."""

    text: str
    mode: Mode | str
