"""Settings of what is spoken, of chats that nobody keeps, and of messages that staff remove.

Imported at the end of `chatsite/settings.py`.
"""

import re

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


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

# Let people have chats that nobody keeps; off where everything that is said must be on record.
TEMPORARY_CHATS = env.bool("TEMPORARY_CHATS", default=True)

# Whether what staff remove from a conversation is kept, sealed with the SECRET_KEY.
REDACTION_KEEPS = env.bool("REDACTION_KEEPS", default=False)
