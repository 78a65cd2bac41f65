"""What a person says becomes text: a recording goes to the transcription server and is kept nowhere."""

import time
import uuid
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext

from chatsite.threads import in_database
from llm.config import transcription_from_settings
from llm.errors import ModelError
from llm.values import Recording

from . import quotas, recordings
from .attachments import megabytes
from .errors import ChatError, Invalid, NotFound, OverQuota, TooLarge, Unreadable
from .models import UsageEntry

if TYPE_CHECKING:
    from llm.transcription import Transcriber

OUTCOME = UsageEntry.Outcome
MINUTE_SECONDS = 60
# One recording of a person at a time: whoever speaks has one mouth.
BUSY_SECONDS = 2

_under_way: set[uuid.UUID] = set()


class NotTranscribed(ChatError):
    """The transcription server did not turn it into text; the code says why."""

    status = 502
    code = "model_error"


@cache
def transcriber() -> "Transcriber":
    """Return the one transcription server of this process, which takes a moment the first time."""
    # Its SDK takes 20 MB, which a server without recordings does not have to spend.
    from llm.transcription import Transcriber

    return Transcriber(transcription_from_settings())


def offered() -> bool:
    """Whether this installation can turn recordings into text."""
    return bool(settings.TRANSCRIPTION["base_url"])


async def transcribe(*, user, upload: UploadedFile, language: str = "") -> tuple[str, float]:
    """Return what is said in a recording, and how many seconds of it there are.

    Raises NotFound where there is no transcription server, TooLarge, Unreadable, OverQuota or NotTranscribed.
    """
    if not offered():
        raise NotFound(gettext("This server cannot turn recordings into text."), code="not_offered")
    if user.pk in _under_way:
        raise OverQuota(
            gettext("Your last recording is still being read."), code="too_many_generations", retry_after=BUSY_SECONDS
        )
    _under_way.add(user.pk)
    try:
        recording, seconds = await in_database(_take, user, upload)
        begun = time.monotonic()
        outcome = OUTCOME.INTERRUPTED
        try:
            server = await in_database(transcriber)
            text = await server.transcribe(recording, language=language)
            outcome = OUTCOME.COMPLETED
        except ModelError as error:
            outcome = OUTCOME.FAILED
            raise NotTranscribed(error.detail, code=error.code) from None
        finally:
            await in_database(_enter, user.pk, seconds, time.monotonic() - begun, outcome)
        return text, seconds
    finally:
        _under_way.discard(user.pk)


def _take(user, upload: UploadedFile) -> tuple[Recording, float]:
    """Return the recording, and how long it is, if this person may send it."""
    limits = quotas.limits_of(user)
    quotas.check_budget(user=user, limits=limits)
    quotas.check_pace(user=user, limits=limits)
    most, longest = settings.TRANSCRIPTION["most_bytes"], settings.TRANSCRIPTION["longest_seconds"]
    if (upload.size or 0) > most:
        raise TooLarge(
            gettext("A recording may have %(megabytes)s at most.") % {"megabytes": megabytes(most)},
            code="file_too_large",
        )
    content = upload.read()
    if not content:
        raise Unreadable(gettext("There is nothing in this recording."), code="empty")
    kind = recordings.kind_of(content)
    if kind is None:
        raise Unreadable(gettext("A recording is WebM, Ogg, MP4 or WAV."), code="unsupported_file")
    seconds = recordings.seconds(content, kind)
    if seconds is None:
        raise Unreadable(gettext("This recording does not say how long it is."), code="corrupt")
    # The last moment before the end is not counted by every browser.
    if seconds > longest + 1:
        raise TooLarge(
            gettext("A recording may last %(longest)s seconds at most.") % {"longest": longest},
            code="recording_too_long",
        )
    return Recording(content, f"speech.{kind}", recordings.MEDIA_TYPES[kind]), seconds


def check_language(language: str) -> str:
    """Return the language of a tag such as "de-AT", as the transcription server wants it; raises Invalid."""
    bare = language.partition("-")[0].lower()
    if language and not (bare.isascii() and bare.isalpha() and len(bare) in (2, 3) and len(language) <= 20):
        raise Invalid(gettext("A language is named as in “de” or “de-AT”."), code="invalid")
    return bare


def _enter(user_id: uuid.UUID, seconds: float, took: float, outcome: str) -> None:
    price = settings.TRANSCRIPTION["price"]
    cost = Decimal(price) * Decimal(seconds) / MINUTE_SECONDS if price and outcome == OUTCOME.COMPLETED else None
    UsageEntry.objects.bulk_create(
        [
            UsageEntry(
                user_id=user_id,
                purpose=UsageEntry.Purpose.DICTATION,
                provider="transcription",
                model=settings.TRANSCRIPTION["model"],
                total_ms=round(took * 1000),
                outcome=outcome,
                currency=settings.CURRENCY,
                cost=cost,
            )
        ]
    )
