"""What a person can do with the summary of a session, and how it stands."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite import counting

from .. import quotas, work
from ..errors import Invalid, NotFound, OverQuota
from ..models import Conversation, Summary
from .metrics import Measured
from .write import KIND, key_of

RATINGS = range(1, 6)
# A person may have so many summaries written again in so many seconds.
AGAIN = 5
AGAIN_SECONDS = 60


class NoSummary(NotFound):
    code = "no_summary"
    detail = _("There is no summary yet: one is written when a session ends.")


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is told: its times, and as much of a summary as there is."""

    conversation: Conversation
    summary: Summary | None

    @property
    def start_time(self) -> datetime.datetime:
        """When it began."""
        return self.summary.start_time if self.summary else self.conversation.created_at

    @property
    def end_time(self) -> datetime.datetime:
        """When the last word was said."""
        return self.summary.end_time if self.summary else self.conversation.active_at

    @property
    def metrics(self) -> dict[str, Any]:
        """The figures that were taken when it ended, empty before that."""
        return self.summary.metrics if self.summary else {}


def begin(*, conversation: Conversation, by: str, measured: Measured) -> Summary | None:
    """Return the new summary of an ending, to be written soon; None for a conversation in which nothing was said.

    Call it in the transaction that ends the conversation, with the conversation locked.
    """
    if conversation.leaf_id is None:
        return None
    before = conversation.summaries.aggregate(last=Max("number"))["last"] or 0
    summary = Summary.objects.create(
        conversation=conversation,
        number=before + 1,
        leaf_id=conversation.leaf_id,
        ended_by=by,
        start_time=conversation.created_at,
        end_time=conversation.active_at,
        metrics=measured.figures,
    )
    work.queue(kind=KIND, key=key_of(summary.pk), conversation=conversation, summary=str(summary.pk))
    return summary


def session_of(conversation: Conversation) -> Session:
    """Return how the session stands, with the summary of its last ending if it has ended."""
    return Session(conversation, conversation.summaries.order_by("-number").first())


def find(conversation: Conversation) -> Summary:
    """Return the summary of the last ending; raises NoSummary."""
    summary = conversation.summaries.order_by("-number").first()
    if summary is None:
        raise NoSummary
    return summary


def regenerate(*, conversation: Conversation, user) -> Summary:
    """Return the summary of the last ending, which is written again; it stays as it is until the new one is there.

    Raises NoSummary or OverQuota.
    """
    summary = find(conversation)
    quotas.check_budget(user=user, limits=quotas.limits_of(user))
    key = f"summaries-again:{user.pk}"
    if counting.count(key, AGAIN_SECONDS) > AGAIN:
        wait = counting.remaining(key, AGAIN_SECONDS)
        raise OverQuota(gettext("That was a little fast. Have it written again in a minute."), retry_after=wait)
    write_again(summary)
    return summary


def write_again(summary: Summary) -> None:
    """Have a summary written once more, soon."""
    if not work.again(key=key_of(summary.pk)):
        work.queue(kind=KIND, key=key_of(summary.pk), conversation=summary.conversation, summary=str(summary.pk))


def rate(*, conversation: Conversation, rating: int) -> Conversation:
    """Return the conversation with this rating, 1 to 5, in the place of an earlier one; raises Invalid or NotFound."""
    if rating not in RATINGS:
        raise Invalid(gettext("A rating is a number from 1 to 5."), code="invalid")
    conversation.rating, conversation.rated_at = rating, timezone.now()
    rated = {"rating": conversation.rating, "rated_at": conversation.rated_at}
    if not Conversation.objects.filter(pk=conversation.pk).update(**rated):
        # It was deleted meanwhile.
        raise NotFound
    return conversation
