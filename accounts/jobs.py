"""What runs in the job queue for accounts."""

from django.contrib.sessions.models import Session
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from . import mail
from .models import SignIn

MAIL_RETRIES = 3
MAIL_RETRY_SECONDS = 60


@db_task(retries=MAIL_RETRIES, retry_delay=MAIL_RETRY_SECONDS)
def send_mail(*, subject: str, body: str, to: str) -> None:
    """Send a plain-text mail."""
    mail.send(subject=subject, body=body, to=to)


@db_task(retries=MAIL_RETRIES, retry_delay=MAIL_RETRY_SECONDS)
def send_password_reset(*, email: str, site: str) -> None:
    """Send the link to choose a new password, if somebody has an account with this address."""
    mail.send_password_reset(email=email, site=site)


@db_periodic_task(crontab(minute="15", hour="3"))
def purge() -> None:
    """Remove sign-ins and sessions that have expired, once a night."""
    SignIn.objects.over().delete()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
