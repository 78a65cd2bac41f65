"""Secrets that are shown once: how one is made, recognised, and kept as a digest only."""

import hashlib
import re
import secrets
import string

VISIBLE_BYTES = 4
# Letters and digits only, so that a double click selects all of it; 43 of 62 are 256 bits.
ALPHABET = string.ascii_letters + string.digits
RANDOM_CHARACTERS = 43


def mint(mark: str) -> tuple[str, str]:
    """Return a new secret that begins with `mark`: the part by which a person knows it again, and the whole."""
    prefix = mark + secrets.token_hex(VISIBLE_BYTES)
    return prefix, f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))}"


def shape(mark: str) -> re.Pattern[str]:
    """Return what every secret with this mark looks like."""
    return re.compile(rf"{mark}[0-9a-f]{{{2 * VISIBLE_BYTES}}}_[0-9A-Za-z]{{{RANDOM_CHARACTERS}}}")


def digest(secret: str) -> str:
    """Return the 64 hexadecimal digits by which a secret is kept.

    A slow hash would protect nothing: the secret is random, not chosen by a person.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
