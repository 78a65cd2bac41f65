"""The models of one installation: what lies in its folder, and what runs of it."""

from pathlib import Path

from .. import windows
from ..config import Config
from . import fit
from .engines import Engines, Settings
from .shelf import Entry, Shelf

PROVIDER = "local"


class Site:
    """The shelf and the engines that a configuration names."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.shelf = Shelf(Path(config.local_folder))
        self.engines = Engines(
            Settings(
                folder=self.shelf.folder / "engine",
                memory_mb=config.local_memory_mb,
                threads=config.local_threads,
                slots=config.local_parallel,
                idle_seconds=config.local_idle_minutes * 60,
                load_seconds=config.first_token_seconds,
            )
        )

    def wanted_window(self, entry: Entry) -> int | None:
        """Return the window that the settings name for a model, None if they leave it to the memory."""
        return windows.configured(self.config, provider=PROVIDER, name=entry.name)

    def window(self, entry: Entry) -> int | None:
        """Return the window that a model has, or would get now, None if it does not fit."""
        return self.engines.window(entry, wanted=self.wanted_window(entry))

    def about(self, entry: Entry) -> str:
        """Return in a line how large a model is, what it can do, and which window it gets."""
        able = ", ".join(sorted(entry.capabilities - {"completion"})) or "text only"
        trained, window = entry.header.number("context_length"), self.window(entry)
        fits = f"a window of {window:,} tokens (trained for {trained:,})" if window else self.too_large(entry)
        return f"{fit.in_words(entry.size)}, {able}, {fits}"

    def too_large(self, entry: Entry) -> str:
        """Return a sentence about a model that does not fit."""
        return self.engines.too_large(entry, wanted=self.wanted_window(entry))
