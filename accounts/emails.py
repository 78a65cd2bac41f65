"""The address of a person: another one is asked for, and counts once the mail to it was answered."""

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from . import notices, throttles
from .models import User


def ask(*, request: HttpRequest, user: User, email: str) -> None:
    """Send a mail to a new address, which becomes this person's when they follow its link; raises `TooManyAttempts`.

    Nothing shows whether somebody else has that address: to them no mail is sent.
    """
    throttles.consume("email_change", request, account=user.email)
    with transaction.atomic():
        forget(user=user)
        # Of two requests at once, the second finds what the first has made.
        waiting, _ = EmailAddress.objects.get_or_create(user=user, email=email, primary=False, verified=False)
    if not User.objects.filter(email=email).exists():
        send_verification_email_to_address(request, waiting)


def waiting(*, user: User) -> str:
    """Return the address that a mail was sent to and nobody has confirmed yet; empty if there is none."""
    found = EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email).order_by("pk").last()
    return found.email if found else ""


def forget(*, user: User) -> None:
    """Give up an address that was asked for: its link leads nowhere."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()


def tell_old(*, user: User, old: str) -> None:
    """Tell whoever reads the address that an account had until now that it has another one."""
    notices.tell(
        user=user,
        what=_("The e-mail address of your account is %(email)s from now on"),
        values={"email": user.email},
        to=old,
    )
