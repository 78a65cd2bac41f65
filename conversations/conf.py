"""Settings of what is spoken, of what files mean, of models of this machine, of chats that nobody keeps, and of
messages that staff remove.

Imported at the end of `chatsite/settings.py`.
"""

import re

from django.core.exceptions import ImproperlyConfigured

from chatsite.environment import Env

env = Env()


def amount(name: str, value: str) -> str:
    """Return what a setting says if it is an amount of money, or empty; raises ImproperlyConfigured."""
    if value and not re.fullmatch(r"\d{1,8}(\.\d{1,8})?", value, re.ASCII):
        raise ImproperlyConfigured(f'{name} is an amount such as 0.006, not "{value}".')
    return value


# A server with OpenAI's /audio/transcriptions, its key and its model, for browsers that cannot turn speech into text
# themselves; without a URL those say that they cannot.
TRANSCRIPTION = {
    "base_url": env.str("TRANSCRIPTION_BASE_URL", default=""),
    "api_key": env.str("TRANSCRIPTION_API_KEY", default=""),
    "model": env.str("TRANSCRIPTION_MODEL", default="whisper-1"),
    # How long it may take for one recording.
    "seconds": env.float("TRANSCRIPTION_SECONDS", default=60),
    # The longest recording, in seconds and in bytes.
    "longest_seconds": env.int("RECORDING_MAX_SECONDS", default=120),
    "most_bytes": env.int("RECORDING_MAX_BYTES", default=10 * 1024 * 1024),
    # What a minute of speech costs, in the currency of quotas; empty: nobody knows.
    "price": amount("TRANSCRIPTION_PRICE", env.str("TRANSCRIPTION_PRICE", default="")),
}

# A model for embeddings, such as ollama/nomic-embed-text or openai/text-embedding-3-small: passages of long files are
# then found by what they mean too, not only by their words. Empty: by words alone. See docs/files.md.
EMBEDDING = {
    "model": env.str("EMBEDDING_MODEL", default=""),
    # How long a question waits to be understood so, before passages are chosen for it by words alone.
    "seconds": env.float("EMBEDDING_SECONDS", default=5),
}

# Models of this machine, answered by llama.cpp beside the server. See docs/local-models.md.
LOCAL_MODELS = {
    # Where their files are; empty: `models` in DATA_DIR.
    "folder": env.str("LOCAL_MODELS_DIR", default=""),
    # The memory that all of them together may take, in MB; 0: most of what is free.
    "memory_mb": env.int("LOCAL_MEMORY_MB", default=0),
    # The threads that calculate; 0: one for each core.
    "threads": env.int("LOCAL_THREADS", default=0),
    # How many answers one model writes at the same time.
    "parallel": max(1, env.int("LOCAL_PARALLEL", default=2)),
    # After so many minutes without a question a model is unloaded; 0: never.
    "idle_minutes": env.float("LOCAL_IDLE_MINUTES", default=15),
}

# Let people have chats that nobody keeps; off where everything that is said must be on record.
TEMPORARY_CHATS = env.bool("TEMPORARY_CHATS", default=True)

# Whether what staff remove from a conversation is kept, sealed with the SECRET_KEY.
REDACTION_KEEPS = env.bool("REDACTION_KEEPS", default=False)
