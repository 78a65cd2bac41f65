"""Mails that tell a person what was changed about the ways into their account, so that nobody does it unseen."""

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from chatsite import languages

from . import jobs
from .audit import origin
from .errors import QueueUnavailable
from .models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)


def send(template: str, *, user: User, subject: "StrOrPromise", **told: object) -> None:
    """Have a mail in the person's language sent once what it tells of is committed, which stands, sent or not."""
    with languages.speaking_to(user):
        body = render_to_string(template, {"user": user, "site": settings.PUBLIC_URL, **told})
        said = str(subject)
    transaction.on_commit(partial(queue, subject=said, body=body, to=user.email))


def tell(*, user: User, what: "StrOrPromise", values: dict[str, Any] | None = None, to: str = "") -> None:
    """Have a mail sent that says `what` was done, once it is committed; what was done stands, sent or not.

    It is in the person's language; `values` stand in the gaps of `what`.
    """
    came = origin.current()
    by_staff = came.actor is not None and came.actor.pk != user.pk
    with languages.speaking_to(user):
        said = str(what) % values if values else str(what)
        context = {"user": user, "what": said, "at": timezone.now(), "address": came.address, "by_staff": by_staff}
        body = render_to_string("accounts/notice_mail.txt", context)
    transaction.on_commit(partial(queue, subject=said, body=body, to=to or user.email))


def queue(*, subject: str, body: str, to: str) -> None:
    """Have a mail sent that nothing waits for: if it cannot be, the log says so."""
    try:
        jobs.queue_mail(subject=subject, body=body, to=to)
    except QueueUnavailable:
        logger.error("Nobody was told by mail: %s", subject)
