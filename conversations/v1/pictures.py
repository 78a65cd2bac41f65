"""Pictures that come with a question, as base64; an address is refused, because nothing is fetched for anybody."""

import base64
import binascii
import re

from .fields import Fields

BEGINNINGS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
DATA_URI = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,", re.IGNORECASE)


def from_uri(fields: Fields, name: str) -> bytes:
    """Return the picture of a data URI."""
    fields.needed(name)
    uri = fields.text(name) or ""
    found = DATA_URI.match(uri)
    if not found:
        raise fields.wrong(name, "must be a data URI with base64: addresses are not fetched.", code="unsupported")
    return decode(fields, name, media_type=found[1].lower(), data=uri[found.end() :])


def decode(fields: Fields, name: str, *, media_type: str, data: str) -> bytes:
    """Return the bytes of a PNG, JPEG, GIF or WebP picture."""
    if media_type not in BEGINNINGS:
        raise fields.wrong(name, f"must be of type {', '.join(BEGINNINGS)}.")
    try:
        picture = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise fields.wrong(name, "is not valid base64.") from None
    if not picture.startswith(BEGINNINGS[media_type]):
        raise fields.wrong(name, f"is no picture of type {media_type}.")
    return picture
