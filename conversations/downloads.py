"""Handing out what people attached, so that no browser ever takes it for a page of ours."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import IO

from django.http import FileResponse

from chatsite.threads import let_thread_go

from .errors import NotFound
from .models import Attachment

logger = logging.getLogger(__name__)

# Whatever is inside runs nothing, loads nothing and is no page.
SANDBOX = "sandbox; default-src 'none'"


class Download(FileResponse):
    """Hands out a file piece by piece, as fast as its reader takes it, and holds no database connection meanwhile."""

    block_size = 256 * 1024

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # Django's own would read the whole file into memory first.
        await let_thread_go()
        pieces = iter(self)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece


def content(attachment: Attachment) -> FileResponse:
    """Return the file as it was uploaded, to be saved and not shown."""
    file = attachment.file
    return _response(file.content, filename=attachment.name, content_type=file.media_type, attached=True)


def thumbnail(attachment: Attachment) -> FileResponse | None:
    """Return the small picture of the file; None if there is none."""
    return _drawn(attachment.file.thumbnail, filename="thumbnail.jpg")


def image(attachment: Attachment) -> FileResponse | None:
    """Return the picture as models see it; None if the file is none."""
    return _drawn(attachment.file.image, filename="image.jpg")


def made(file: IO[bytes], *, filename: str, content_type: str) -> FileResponse:
    """Return a file that was made for this answer, to be saved and not shown."""
    return _careful(Download(file, as_attachment=True, filename=filename, content_type=content_type))


def _drawn(field, *, filename: str) -> FileResponse | None:
    """Return a picture that we made ourselves, and that browsers may show."""
    if not field:
        return None
    response = _response(field, filename=filename, content_type="image/jpeg", attached=False)
    # It never changes, and nobody else's browser may keep it.
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response


def _response(field, *, filename: str, content_type: str, attached: bool) -> FileResponse:
    try:
        opened = field.open("rb")
    except FileNotFoundError:
        # Deleted a moment ago, or lost by the storage.
        logger.warning("The bytes of %s are not in the storage", field.name)
        raise NotFound from None
    return _careful(Download(opened, as_attachment=attached, filename=filename, content_type=content_type))


def _careful(response: FileResponse) -> FileResponse:
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response.setdefault("Cache-Control", "private, no-store")
    return response
