"""The job queue of accounts: all mail, so that no request shows whether one was sent, and the nightly purge."""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from . import audit, mail
from .audit import verification
from .errors import QueueUnavailable
from .models import BrowserSession, SignIn

logger = logging.getLogger(__name__)

ENTRY_RETRIES = 100
MAIL_RETRIES = 3
MAIL_RETRY_SECONDS = 60


def queue_mail(*, subject: str, body: str, to: str) -> None:
    """Have a plain-text mail sent soon; raises `QueueUnavailable`."""
    _enqueue(send_mail, subject=subject, body=body, to=to)


def queue_password_reset(*, email: str, site: str) -> None:
    """Have the link to a new password sent to this address, if it is anybody's; raises `QueueUnavailable`."""
    _enqueue(send_password_reset, email=email, site=site)


@db_task(retries=MAIL_RETRIES, retry_delay=MAIL_RETRY_SECONDS)
def send_mail(*, subject: str, body: str, to: str) -> None:
    """Send a plain-text mail."""
    mail.send(subject=subject, body=body, to=to)


@db_task(retries=MAIL_RETRIES, retry_delay=MAIL_RETRY_SECONDS)
def send_password_reset(*, email: str, site: str) -> None:
    """Look up whose address this is, if anybody's, and send them the link to a new password."""
    mail.send_password_reset(email=email, site=site)


@db_periodic_task(crontab(minute="15", hour="3"))
def purge() -> None:
    """Remove sign-ins and sessions that have expired, once a night."""
    with transaction.atomic():
        sign_ins, _ = SignIn.objects.over().delete()
        sessions, _ = Session.objects.filter(expire_date__lt=timezone.now()).delete()
        BrowserSession.objects.over().delete()
        audit.enter("purge", sign_ins=sign_ins, sessions=sessions)


def queue_entry(values: dict[str, Any]) -> None:
    """Have something entered into the audit ledger that could not be at once."""
    _enqueue(enter_late, values=values)


@db_task(retries=ENTRY_RETRIES, retry_delay=MAIL_RETRY_SECONDS)
def enter_late(*, values: dict[str, Any]) -> None:
    """Enter into the audit ledger what could not be entered at once."""
    audit.enter_late(values)


@db_periodic_task(crontab(minute="*/10"))
def anchor() -> None:
    """Append the head of the audit ledger to the file for it, if there is to be one."""
    if settings.AUDIT_ANCHOR_FILE and (head := verification.write_anchor(Path(settings.AUDIT_ANCHOR_FILE))):
        logger.info("The audit ledger has %s entries up to %s", head.number, head.hash)


def _enqueue(job: Callable, **arguments: Any) -> None:
    try:
        job(**arguments)
    except (redis.RedisError, sqlite3.OperationalError) as error:
        raise QueueUnavailable from error
