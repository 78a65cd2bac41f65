"""Tiny models on disk and engines that serve them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine import tiny
from tests.engine.process import Engine


@dataclass(frozen=True, slots=True)
class Models:
    """The files of two models: one ends its answers, the other goes on for as long as it is let."""

    brief: Path
    endless: Path


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The models, written once."""
    folder = tmp_path_factory.mktemp("models")
    found = Models(brief=folder / "brief.gguf", endless=folder / "endless.gguf")
    tiny.write(path=found.brief, end_leaning=tiny.SOMETIMES)
    tiny.write(path=found.endless, end_leaning=tiny.NEVER)
    return found


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that each test starts with what it needs."""
    engine = Engine(tmp_path_factory.mktemp("engine"))
    try:
        yield engine
    finally:
        engine.kill()
