"""An authenticator app and its codes."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from accounts.models import User

PERIOD_SECONDS = 30


class App:
    """An app that shows codes for an account."""

    def __init__(self, user: User):
        self.secret = generate_totp_secret()
        TOTP.activate(user, self.secret)
        self.recovery = RecoveryCodes.activate(user)

    def code(self, *, ago: int = 0) -> str:
        """Return the code that is shown now, or was shown so many codes ago."""
        return code(self.secret, ago=ago)

    @property
    def recovery_codes(self) -> list[str]:
        """The recovery codes that are left."""
        kept = Authenticator.objects.get(pk=self.recovery.instance.pk)
        return kept.wrap().get_unused_codes()


def code(secret: str, *, ago: int = 0) -> str:
    """Return the code for a secret, of now or of so many codes ago."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD_SECONDS - ago))
