"""Doing a job: by whoever does its kind, once, with its result kept together with its end."""

import logging
import uuid

from chatsite import languages, logs

from . import rows
from .kinds import Result, handler_of

logger = logging.getLogger(__name__)


def perform(job_id: uuid.UUID) -> bool:
    """Do one job, if it is due and nobody else does; whether it was ended here."""
    claim = rows.claim(job_id)
    if claim is None:
        return False
    try:
        # What it keeps is in one language, whoever was served when it was begun.
        with languages.neutral(), logs.about(job=claim.id):
            result = _do(claim)
    except rows.ClaimLost:
        logger.info("A job of kind %s was taken over", claim.kind)
        return False
    if result.postponed:
        rows.postpone(claim)
        return False
    return rows.finish(claim, result.keep, error=result.error)


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
