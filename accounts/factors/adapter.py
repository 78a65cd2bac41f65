"""How allauth keeps second factors for this project: encrypted, for our host, in our words."""

import base64
import hashlib
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import User

FAILED = _("That did not work. Try again.")


class Adapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("That code is not right."),
        "cannot_generate_recovery_codes": _("Recovery codes stand in for a second step: set one up first."),
    }

    def encrypt(self, text: str) -> str:
        """Return a secret as it is kept: whoever has the database alone cannot make codes."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret that was kept; one nobody has, if the SECRET_KEY is another one by now: no code fits it."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return generate_totp_secret()

    def get_totp_issuer(self) -> str:
        """Return what the app calls this site."""
        return f"Chatsite ({_host()})"

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Return a name for the next passkey of a person."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return for whom passkeys are made: the host by which this site is known, without its port."""
        return {"id": _host(), "name": "Chatsite"}


def _host() -> str:
    known = urlsplit(settings.PUBLIC_URL).hostname if settings.PUBLIC_URL else None
    return known or context.request.get_host().partition(":")[0]


def _cipher() -> Fernet:
    key = hashlib.sha256(f"accounts.factors:{settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
