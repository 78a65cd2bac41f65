"""Whether a second factor is needed, and whether a code is one."""

import hashlib
import uuid
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .. import audit, notices, throttles
from ..errors import WrongCode
from ..models import User

# A recovery code alone is no second factor: it stands in for one that is lost.
PROVING = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
CODE_MAX_CHARACTERS = 32
# Longer than any code can be shown, so that none lets in twice.
REMEMBERED_SECONDS = 300


def is_on(*, user: User) -> bool:
    """Return whether a password alone does not let this person in."""
    return Authenticator.objects.filter(user=user, type__in=PROVING).exists()


def check_code(*, request: HttpRequest, user: User, code: str) -> Authenticator:
    """Return what this code came from: the app, or the recovery codes; raises `TooManyAttempts` or `WrongCode`.

    A code lets in once; wrong ones are counted for the account, from wherever they come.
    """
    throttles.consume("second_factor", request, account=user.email)
    for found in Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN):
        if len(code) <= CODE_MAX_CHARACTERS and _is_new(user, code) and found.wrap().validate_code(code):
            cache.set(_remembered(user, code), True, REMEMBERED_SECONDS)
            throttles.forget("second_factor", request, account=user.email)
            found.record_usage()
            if found.type == Authenticator.Type.RECOVERY_CODES:
                notices.tell(
                    user=user,
                    what=_("A recovery code of your account was used, and %(left)s are left"),
                    values={"left": _left(found)},
                )
                audit.enter("factor.recovery_used", actor=user, target=user, left=_left(found))
            return found
    audit.note("factor.wrong", target=user)
    raise WrongCode


def forget_lone_codes(user_ids: Iterable[uuid.UUID]) -> None:
    """Remove the recovery codes of those of these people who have no second step any more."""
    alone = set(user_ids) - set(Authenticator.objects.filter(type__in=PROVING).values_list("user_id", flat=True))
    Authenticator.objects.filter(user__in=alone).delete()


def _left(codes: Authenticator) -> int:
    # As they stand now: which one was used is written elsewhere.
    return len(Authenticator.objects.get(pk=codes.pk).wrap().get_unused_codes())


def _is_new(user: User, code: str) -> bool:
    return cache.get(_remembered(user, code)) is None


def _remembered(user: User, code: str) -> str:
    # As allauth compares them: what stands between the letters and digits does not count.
    plain = "".join(character for character in code.lower() if character.isalnum())
    return f"second_factor:{hashlib.sha256(f'{user.pk}:{plain}'.encode()).hexdigest()[:32]}"
