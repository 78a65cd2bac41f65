"""Sign-ups that wait for staff: a new account that nothing lets in until it is approved."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import audit, notices
from .errors import AlreadyDecided, InvalidFields
from .models import SignupRequest, User
from .models.signup_request import REASON_CHARACTERS

State = SignupRequest.State


def ask(*, user: User) -> SignupRequest:
    """Return the request of a new account, which is shut from now on; within the transaction that makes it."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    return SignupRequest.objects.create(user=user)


def waiting() -> int:
    """Return how many wait for a decision."""
    return SignupRequest.objects.filter(state=State.WAITING).count()


def approve(*, request: SignupRequest, by: User) -> None:
    """Let this person in from now on, and tell them by mail; raises `AlreadyDecided`.

    Whoever was refused before can be let in after all.
    """
    _decide(request, state=State.APPROVED, by=by, reason="")


def refuse(*, request: SignupRequest, by: User, reason: str) -> None:
    """Keep this person out, and tell them why by mail; raises `AlreadyDecided`, `InvalidFields`."""
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidFields({"reason": [gettext("Say why: the person reads it.")]})
    _decide(request, state=State.REFUSED, by=by, reason=reason[:REASON_CHARACTERS])


def _decide(request: SignupRequest, *, state: State, by: User, reason: str) -> None:
    approved = state == State.APPROVED
    with transaction.atomic():
        locked = SignupRequest.objects.select_for_update().get(pk=request.pk)
        if locked.state not in ({State.WAITING, State.REFUSED} if approved else {State.WAITING}):
            raise AlreadyDecided
        user = User.objects.select_for_update().get(pk=locked.user_id)
        locked.state, locked.reason, locked.decided_at, locked.decided_by = state, reason, timezone.now(), by
        locked.save()
        user.is_active = approved
        user.save(update_fields=["is_active"])
        template = "accounts/approved_mail.txt" if approved else "accounts/refused_mail.txt"
        subject = _("You can sign in now") if approved else _("Your sign-up was not accepted")
        notices.send(template, user=user, subject=subject, reason=reason)
        audit.enter("sign_up.approved" if approved else "sign_up.refused", target=user, reason=reason)
    request.refresh_from_db()
