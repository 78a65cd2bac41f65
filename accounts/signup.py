"""Making an account: who may, what the first one is, and who has to wait; every way in comes through here."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from . import approvals, audit, invitations, people
from .errors import EmailTaken, InvalidFields, InvitationNeeded, SignupClosed
from .models import Installation, User

OPEN, INVITE, APPROVAL, CLOSED = MODES = ("open", "invite", "approval", "closed")


def is_offered(mode: str = "") -> bool:
    """Return whether a stranger without an invitation may make an account, if only one that has to wait."""
    mode = mode or settings.SIGNUP
    return mode in {OPEN, APPROVAL} or (mode == INVITE and _would_be_first())


def is_open_to(request: HttpRequest) -> bool:
    """Return whether whoever sent this may make an account: anybody, or somebody with an invitation."""
    return is_offered() or (settings.SIGNUP != CLOSED and bool(invited_by(request)))


def invited_by(request: HttpRequest) -> str:
    """Return the invitation that this browser came with; empty if none."""
    return str(request.session.get(invitations.SESSION_KEY, ""))


def sign_up(*, email: str, password: str, name: str = "", invitation: str = "") -> User:
    """Return the new account, the first an administrator's; one that has to wait is not active.

    Raises `SignupClosed`, `InvitationNeeded`, `InvitationNotValid`, `InvalidFields` or `EmailTaken`.
    """
    check(invitation)
    email, name = email.strip(), name.strip()
    # Looked at before it is lowered: some foreign letters become plain ones that way.
    if found := people.problems(email=email, password=password, name=name):
        raise InvalidFields(found)
    user = User(email=email.lower(), name=name)
    if User.objects.filter(email=user.email).exists():
        raise EmailTaken
    # Hashing takes a while; SQLite's one write lock must not be held meanwhile.
    user.set_password(password)
    return register(user=user, invitation=invitation)


def check(invitation: str, *, mode: str = "") -> None:
    """Raise what keeps everybody out who has this invitation, or none; `mode` stands in for SIGNUP."""
    mode = mode or settings.SIGNUP
    if mode == CLOSED:
        raise SignupClosed
    if invitation:
        invitations.find(invitation)
    elif not is_offered(mode):
        raise InvitationNeeded


def register(*, user: User, invitation: str = "", verified: bool = False, by: str = "", mode: str = "") -> User:
    """Return this person, who has an account from now on, if only one that waits; raises as `sign_up` does.

    `by` is the way in, where it is no password, and `mode` who may come by it, if that is not what SIGNUP says;
    `verified` says that the address is known to be theirs.
    """
    mode = mode or settings.SIGNUP
    check(invitation, mode=mode)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
            _make_first_administrator(user)
            used = invitations.use(secret=invitation, user=user) if invitation else None
            if not used and not user.is_superuser and mode == INVITE:
                # Somebody else was the first, at the same time.
                raise InvitationNeeded
            if not used and not user.is_superuser and mode == APPROVAL:
                approvals.ask(user=user)
            told: dict[str, Any] = {"administrator": user.is_superuser}
            if by:
                told["by"] = by
            if not user.is_active:
                told["waits"] = True
            if used:
                told |= {"invitation": used.pk, "groups": [group.name for group in used.groups.all()]}
            audit.enter("sign_up", actor=user, target=user, email=user.email, **told)
    except IntegrityError:
        raise EmailTaken from None
    return user


def _would_be_first() -> bool:
    return not User.objects.filter(is_superuser=True).exists() and not Installation.objects.exists()


def _make_first_administrator(user: User) -> None:
    if User.objects.filter(is_superuser=True).exists():
        return
    _, first = Installation.objects.get_or_create(id=Installation.ONLY, defaults={"administrator": user})
    if first:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
