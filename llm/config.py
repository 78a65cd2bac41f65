"""The settings of this library, and the only place that reads Django's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where models are and how long to wait for them; an empty URL means that there is no such server."""

    ollama_base_url: str = ""
    openai_base_url: str = ""
    openai_api_key: str = ""
    default_model: str = ""
    connect_seconds: float = 5
    first_token_seconds: float = 120
    between_tokens_seconds: float = 60
    total_seconds: float = 1800
    context_length: int = 8192
    context_lengths: Mapping[str, int] = field(default_factory=dict)
    keep_alive: str = ""
    scripted: bool = False
    # Where the models of this machine are, what they may take, and when they are unloaded; empty: there are none.
    local_folder: str = ""
    local_memory_mb: int = 0
    local_threads: int = 0
    local_parallel: int = 2
    local_idle_minutes: float = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """Where speech becomes text, and how long that may take; an empty URL means that it does not."""

    base_url: str = ""
    api_key: str = ""
    model: str = ""
    seconds: float = 60


def transcription_from_settings() -> Transcription:
    """Return the configuration in Django's `TRANSCRIPTION` setting, as far as it is this library's."""
    names = ("base_url", "api_key", "model", "seconds")
    return Transcription(**{name: settings.TRANSCRIPTION[name] for name in names})


def from_settings() -> Config:
    """Return the configuration in Django's `LLM` and `LOCAL_MODELS` settings, dicts with the names of these fields."""
    local = {f"local_{name}": value for name, value in settings.LOCAL_MODELS.items()}
    folder = local["local_folder"] or str(settings.DATA_DIR / "models")
    return Config(**settings.LLM, **local | {"local_folder": folder})
