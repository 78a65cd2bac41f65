"""Doing jobs: one that a message names, or all that are due."""

import logging
import uuid

from ..models import Job
from . import messages, rows
from .kinds import Result, handler_of

logger = logging.getLogger(__name__)

# How many jobs one sweep wakes; more wait for the next.
SWEPT = 500


def perform(job_id: uuid.UUID) -> bool:
    """Do one job, if it is due and nobody else does; whether it was ended here."""
    claim = rows.claim(job_id)
    if claim is None:
        return False
    try:
        result = _do(claim)
    except rows.ClaimLost:
        logger.info("A job of kind %s was taken over", claim.kind)
        return False
    if result.postponed:
        rows.postpone(claim)
        return False
    return rows.finish(claim, result.keep, error=result.error)


def sweep() -> int:
    """Return how many jobs were woken: those that are due, and those whose worker is gone."""
    rows.give_up_dead()
    due = list(Job.objects.due().order_by("due_at").values_list("pk", flat=True)[:SWEPT])
    for job_id in due:
        messages.send(job_id)
    return len(due)


def _do(claim: rows.Claim) -> Result:
    handler = handler_of(claim.kind)
    if handler is None:
        return Result(error=f"Nobody here does jobs of kind {claim.kind}.")
    try:
        return handler(claim)
    except rows.ClaimLost:
        raise
    except Exception as error:
        logger.exception("A job of kind %s failed", claim.kind)
        return Result(error=f"{type(error).__name__}: {error}")
