"""The life of a job in the database: queued once, claimed by one worker, ended together with its result."""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Min
from django.utils import timezone

from chatsite import metrics, processes

from ..models import Conversation, Job
from . import messages

# How long after each attempt that failed the next one comes; after the last of them the job has failed.
RETRY_SECONDS = (30, 120, 600, 3600)
# A worker says so often that it lives, and is given up after so long without a word.
BEAT_SECONDS = 5.0
DEAD_SECONDS = 60.0
# Work that waits for its turn is looked at again after so long.
POSTPONE_SECONDS = 5
ERROR_CHARACTERS = 1000

State = Job.State


class ClaimLost(Exception):
    """Somebody else has the job by now, or it is gone: whatever was done for it is for nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that is this worker's to do, until `beat` or `finish` says otherwise."""

    id: uuid.UUID
    kind: str
    conversation_id: uuid.UUID | None
    payload: dict[str, Any]
    attempts: int
    worker: str
    due_at: datetime.datetime

    def beat(self) -> None:
        """Give a sign of life; raises ClaimLost."""
        if not _mine(self).update(heartbeat_at=timezone.now()):
            raise ClaimLost

    def tell(self, **progress: Any) -> None:
        """Write down how far it is, with what the job was given, as a sign of life; raises ClaimLost."""
        if not _mine(self).update(payload=self.payload | progress, heartbeat_at=timezone.now()):
            raise ClaimLost

    def put_down(self, **result: Any) -> None:
        """Write down what it came to, with what the job was given; in the transaction that ends it."""
        Job.objects.filter(pk=self.id).update(payload=self.payload | result)


def queue(*, kind: str, key: str, conversation: Conversation | None = None, **payload: Any) -> None:
    """Have something done soon after this transaction; the same thing, by its key, is queued once."""
    job = Job(kind=kind, key=key, conversation=conversation, payload=payload)
    Job.objects.bulk_create([job], ignore_conflicts=True)
    transaction.on_commit(messages.send)


def again(*, key: str) -> bool:
    """Have a job done once more, now; False if there is none. One that is being done is left alone."""
    job = Job.objects.filter(key=key).first()
    if job is None:
        return False
    fresh = {"state": State.QUEUED, "due_at": timezone.now(), "attempts": 0, "error": "", "finished_at": None}
    if Job.objects.filter(pk=job.pk).exclude(state=State.RUNNING).update(**fresh):
        transaction.on_commit(messages.send)
    return True


def take_back(conversation: Conversation) -> None:
    """Let the jobs that are being done for a conversation be done anew: what they have read is not what it says now.

    Call it with the conversation locked; what they come to is not kept then.
    """
    running = Job.objects.running().filter(conversation=conversation)
    if running.update(state=State.QUEUED, worker="", due_at=timezone.now()):
        transaction.on_commit(messages.send)


def next_due(until: datetime.datetime) -> uuid.UUID | None:
    """Return the id of the job that has been due longest, if it was by then; None if there is none."""
    return Job.objects.due().filter(due_at__lte=until).order_by("due_at").values_list("pk", flat=True).first()


def claim(job_id: uuid.UUID) -> Claim | None:
    """Return the job, now this worker's; None if it is not due, somebody else's, over or gone."""
    now = timezone.now()
    worker = processes.new_name()
    due = Job.objects.due().filter(pk=job_id)
    taken = {"state": State.RUNNING, "worker": worker, "started_at": now, "heartbeat_at": now}
    if not due.update(**taken, attempts=F("attempts") + 1):
        return None
    job = Job.objects.filter(pk=job_id, worker=worker).first()
    if job is None:
        return None
    return Claim(
        id=job.pk,
        kind=job.kind,
        conversation_id=job.conversation_id,
        payload=job.payload,
        attempts=job.attempts,
        worker=worker,
        due_at=job.due_at,
    )


def finish(claim: Claim, keep: Callable[[], None] | None, *, error: str = "") -> bool:
    """Write a job's result and that it is over, or when it is tried again, in one transaction; False if it is not
    ours any more: then nothing is written."""
    with transaction.atomic():
        if claim.conversation_id is not None:
            # The conversation first, as everywhere, so that nobody waits for somebody who waits for him.
            locked = Conversation.everything.select_for_update().filter(pk=claim.conversation_id)
            locked.values_list("pk").first()
        if not _mine(claim).update(**_ended(claim, error)):
            return False
        if keep is not None:
            keep()
    metrics.jobs_ended.add("failed" if error else "done")
    return True


def postpone(claim: Claim) -> None:
    """Give a job back that has to wait for its turn; that was no attempt."""
    due_at = timezone.now() + datetime.timedelta(seconds=POSTPONE_SECONDS)
    if _mine(claim).update(state=State.QUEUED, due_at=due_at, worker="", attempts=max(0, claim.attempts - 1)):
        messages.send(delay=POSTPONE_SECONDS + 0.5)


def standing() -> dict[str, float]:
    """Return how many jobs are due (`waiting`), for how many seconds the `oldest` of them is, and how many go on."""
    now = timezone.now()
    due = Job.objects.due().aggregate(count=Count("pk"), oldest=Min("due_at"))
    return {
        "waiting": due["count"],
        "oldest": max(0.0, (now - due["oldest"]).total_seconds()) if due["oldest"] else 0.0,
        "running": Job.objects.running().count(),
    }


def give_up_dead() -> list[uuid.UUID]:
    """Return the jobs whose worker is gone, queued again: at once where its process is known to be gone, else after
    DEAD_SECONDS without a sign of life."""
    silent = timezone.now() - datetime.timedelta(seconds=DEAD_SECONDS)
    freed = []
    for job in Job.objects.running().only("pk", "worker", "heartbeat_at", "attempts", "conversation", "due_at"):
        number = processes.number_here(job.worker)
        gone = number is not None and not processes.is_running(number)
        if not gone and job.heartbeat_at is not None and job.heartbeat_at > silent:
            continue
        lost = Claim(job.pk, "", job.conversation_id, {}, job.attempts, job.worker, job.due_at)
        # A job that kills its worker each time is not tried for ever.
        ended = _ended(lost, "The worker went away.")
        if ended["state"] == State.QUEUED:
            ended["due_at"] = timezone.now()
        if Job.objects.running().filter(pk=job.pk, worker=job.worker).update(**ended):
            freed.append(job.pk)
    return freed


def _ended(claim: Claim, error: str) -> dict[str, Any]:
    now = timezone.now()
    if not error:
        return {"state": State.DONE, "finished_at": now, "error": "", "worker": ""}
    error = error[:ERROR_CHARACTERS]
    if claim.attempts > len(RETRY_SECONDS):
        return {"state": State.FAILED, "finished_at": now, "error": error, "worker": ""}
    due_at = now + datetime.timedelta(seconds=RETRY_SECONDS[max(0, claim.attempts - 1)])
    return {"state": State.QUEUED, "due_at": due_at, "error": error, "worker": ""}


def _mine(claim: Claim):
    return Job.objects.running().filter(pk=claim.id, worker=claim.worker)
