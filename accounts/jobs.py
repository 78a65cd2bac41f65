"""The job queue of accounts: all mail, so that no request shows whether one was sent, and the nightly purge."""

import sqlite3
from collections.abc import Callable

import redis
from django.contrib.sessions.models import Session
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from . import mail
from .errors import QueueUnavailable
from .models import SignIn

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
    SignIn.objects.over().delete()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def _enqueue(job: Callable, **arguments: str) -> None:
    try:
        job(**arguments)
    except (redis.RedisError, sqlite3.OperationalError) as error:
        raise QueueUnavailable from error
