"""The labelled messages."""

import json
from dataclasses import dataclass
from pathlib import Path

from llm.intent import Earlier, Mode

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Message:
    """A message with the mode that people would expect, its language, and the questions before it."""

    text: str
    mode: Mode
    language: str
    earlier: tuple[Earlier, ...] = ()


def read(name: str) -> list[Message]:
    """Return the messages of one file, `tuning` or `held_out`."""
    rows = (json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines())
    return [
        Message(
            row["text"],
            Mode(row["mode"]),
            row["language"],
            tuple(Earlier(text, Mode(mode)) for text, mode in row.get("earlier", ())),
        )
        for row in rows
    ]
