"""Mail to people; only the job queue sends it (accounts/jobs.py)."""

from urllib.parse import urljoin

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from chatsite import languages

from .models import User


def site_of(request: HttpRequest) -> str:
    """Return the address of this site as links in a mail begin."""
    return settings.PUBLIC_URL or request.build_absolute_uri("/")


def send_password_reset(*, email: str, site: str) -> None:
    """Send the link to choose a new password, once; to nobody when no open account has this address."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        return
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    context = {"user": user, "link": urljoin(site, path), "site": site}
    with languages.speaking_to(user):
        subject, body = gettext("Choose a new password"), render_to_string("accounts/password_reset_mail.txt", context)
    send(subject=subject, body=body, to=email)


def is_set_up() -> bool:
    """Return whether mail leaves this machine: by default it is only printed to the log."""
    return not settings.EMAIL_BACKEND.endswith(".console.EmailBackend")


def send(*, subject: str, body: str, to: str) -> None:
    """Send a plain-text mail now."""
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [to])
