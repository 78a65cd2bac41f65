"""What passages of files mean, found out in the background, some at a time: people's answers come first."""

import datetime
import time
import uuid
from collections.abc import Iterator
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from llm import embeddings
from llm.embeddings import Embedder
from llm.errors import ModelError

from . import asides, background, ledger, vectors, work
from .models import Attachment, Job, Passage, PassageVector, StoredFile

KIND = "embedding"
# So many passages go with one request: a slow machine needs seconds for them, and a killed worker loses no more.
BATCH_PASSAGES = 32
BATCH_SECONDS = 60.0
# After so long other jobs get their turn, and this one goes on later.
TURN_SECONDS = 60.0
# So many files wait as jobs; the others wait as they are.
MOST_QUEUED = 50
# So many files that fail are trouble of the model; one or two may hold what it does not take.
TROUBLE_FILES = 3
# What was given up is tried again after so long.
AGAIN_HOURS = 1
# Some servers take no text without a letter.
NOTHING = "…"

_rests = embeddings.Rests()


def key_of(file_id: uuid.UUID) -> str:
    """Return the key of the job for a file."""
    return f"{KIND} {file_id}"


def queue(file_id: uuid.UUID) -> None:
    """Have the passages of a file embedded soon after this transaction, where there is a model for it."""
    if settings.EMBEDDING["model"]:
        work.queue(kind=KIND, key=key_of(file_id), file=str(file_id))


def queue_waiting() -> None:
    """Have files embedded that the model has not embedded yet, the newest first, and those given up an hour ago.

    While the model is in trouble no more are begun.
    """
    if not settings.EMBEDDING["model"]:
        return
    ours = Job.objects.filter(kind=KIND)
    if ours.open().exclude(error="").count() >= TROUBLE_FILES:
        return
    room = max(0, MOST_QUEUED - ours.open().count())
    known = set(ours.values_list("key", flat=True))
    found = waiting().order_by("-created_at").values_list("pk", flat=True)[: room + len(known)]
    fresh = [each for each in found if key_of(each) not in known][:room]
    for file_id in fresh:
        queue(file_id)
    # After them: thousands of somebody whose budget is used up would else take the place of everybody's each minute.
    late = timezone.now() - datetime.timedelta(hours=AGAIN_HOURS)
    given_up = ours.filter(finished_at__lt=late).order_by("finished_at").values_list("key", flat=True)
    for key in list(given_up[: room - len(fresh)]):
        work.again(key=key)


def waiting():
    """Return the files whose passages the model has not embedded yet, but for those of deleted conversations alone."""
    there = Exists(Passage.objects.filter(file=OuterRef("pk")))
    used = Exists(Attachment.objects.in_use().filter(file=OuterRef("pk")))
    return StoredFile.objects.filter(there, used).exclude(embedding_model=settings.EMBEDDING["model"])


@work.handles(KIND)
def embed(job: work.Claim) -> work.Result:
    """Ask the model what the passages of a file mean, beginning with those of which that is not known."""
    model = settings.EMBEDDING["model"]
    file = waiting().select_related("owner").filter(pk=job.payload["file"]).first() if model else None
    if file is None:
        return work.Result(keep=partial(_drop, job))
    if trouble := _rests.trouble(model):
        return work.Result(error=str(trouble))
    try:
        with background.caller(beat=job.beat, patience=0) as caller:
            embedder = embeddings.find(caller.catalog, model)
            whole = _embed(job, file, caller, embedder)
    except background.Busy:
        return work.Result(postponed=True)
    except background.Unasked:
        # Its owner's budget is used up: tried again like what was given up.
        return work.Result()
    except ModelError as error:
        # What a server does not take of one file says nothing of others, and it said so at once.
        if error.code not in embeddings.UNTAKEN:
            _rests.failed(model, error)
        return work.Result(error=str(error))
    _rests.answered(model)
    return work.Result(keep=partial(_keep, job, file, model)) if whole else work.Result(postponed=True)


def _embed(job: work.Claim, file: StoredFile, caller: background.Caller, embedder: Embedder) -> bool:
    """Keep the vectors of a file's passages as they come; whether there was time for all of them."""
    until = time.monotonic() + TURN_SECONDS
    for number, positions in enumerate(_batches(file, embedder.id)):
        if number and (time.monotonic() > until or background.people_wait()):
            return False
        background.check_budget(file.owner)
        texts = _texts(file, positions)
        if len(texts) < len(positions):
            # It was deleted meanwhile.
            break
        found = _vectors(texts, file, caller, embedder)
        job.beat()
        if not _write(
            file, [vectors.row(file.pk, *each, model=embedder.id) for each in zip(positions, found, strict=True)]
        ):
            break
    return True


def _batches(file: StoredFile, model: str) -> Iterator[list[int]]:
    """Yield the positions of passages that have no vector of this model."""
    known = set(PassageVector.objects.filter(file=file, model=model).values_list("position", flat=True))
    missing = [each for each in file.passages.values_list("position", flat=True) if each not in known]
    for start in range(0, len(missing), BATCH_PASSAGES):
        yield missing[start : start + BATCH_PASSAGES]


def _texts(file: StoredFile, positions: list[int]) -> list[str]:
    rows = file.passages.filter(position__in=positions).values_list("heading", "text")
    return [f"{heading}\n{text}".strip() or NOTHING for heading, text in rows]


def _vectors(texts: list[str], file: StoredFile, caller: background.Caller, embedder: Embedder) -> list[list[float]]:
    calls: list[ledger.Call] = []

    def ask():
        return asides.embed(embedder, embedder.passages(texts, seconds=BATCH_SECONDS), texts, calls=calls)

    try:
        return caller.call(embedder.provider_name, ask)
    finally:
        ledger.enter(calls, user_id=file.owner_id)


@transaction.atomic
def _write(file: StoredFile, rows: list[PassageVector]) -> bool:
    """Keep vectors, in place of those of another model; False where the file was deleted meanwhile."""
    locked = StoredFile.objects.select_for_update(no_key=True).filter(pk=file.pk)
    if locked.values_list("pk").first() is None:
        return False
    PassageVector.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["file", "position"],
        update_fields=["model", "signs", "numbers"],
    )
    return True


def _keep(job: work.Claim, file: StoredFile, model: str) -> None:
    StoredFile.objects.filter(pk=file.pk).update(embedding_model=model)
    _drop(job)


def _drop(job: work.Claim) -> None:
    """Leave no row of what is done: its key is free for another model."""
    Job.objects.filter(pk=job.id).delete()
