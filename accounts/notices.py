"""Mails that tell a person what was changed about the ways into their account, so that nobody does it unseen."""

import logging
from functools import partial

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from . import jobs
from .audit import origin
from .errors import QueueUnavailable
from .models import User

logger = logging.getLogger(__name__)


def tell(*, user: User, what: str, to: str = "") -> None:
    """Have a mail sent that says `what` was done, once it is committed; what was done stands, sent or not."""
    came = origin.current()
    by_staff = came.actor is not None and came.actor.pk != user.pk
    context = {"user": user, "what": what, "at": timezone.now(), "address": came.address, "by_staff": by_staff}
    body = render_to_string("accounts/notice_mail.txt", context)
    transaction.on_commit(partial(_queue, subject=what, body=body, to=to or user.email))


def _queue(*, subject: str, body: str, to: str) -> None:
    try:
        jobs.queue_mail(subject=subject, body=body, to=to)
    except QueueUnavailable:
        logger.error("Nobody was told by mail: %s", subject)
