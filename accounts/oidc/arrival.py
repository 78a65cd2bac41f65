"""Who comes from the issuer: found, linked or new, with the groups that the issuer says, and let in like everybody."""

import logging
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from .. import audit, keys, notices, people, signup
from ..errors import InvalidFields, OidcRefused
from ..models import OidcIdentity, User
from ..models.oidc_identity import SUBJECT_CHARACTERS
from ..text import NAME_MAX_CHARACTERS, name_problems

logger = logging.getLogger(__name__)


def of(claims: dict[str, Any], *, invitation: str = "") -> User:
    """Return the person of these claims, with their groups as the issuer says.

    Raises `OidcRefused`, and for somebody new what `signup.register` does.
    """
    subject, email = str(claims["sub"]), str(claims.get("email") or "").strip().lower()
    if len(subject) > SUBJECT_CHARACTERS:
        raise OidcRefused
    try:
        with transaction.atomic():
            identity = _identity(subject)
            _check_domain(email or (identity.user.email if identity else ""))
            if identity:
                identity.save(update_fields=["last_used_at"])
                user = identity.user
            else:
                user = _newly_here(subject, email, claims, invitation)
            _synchronise(user, claims)
    except IntegrityError:
        # The same person came in twice at the same moment: the other one has made the rows.
        found = _identity(subject)
        if found is None:
            raise OidcRefused from None
        return found.user
    return user


def _identity(subject: str) -> OidcIdentity | None:
    mine = OidcIdentity.objects.select_related("user")
    return mine.filter(issuer=settings.OIDC["issuer"], subject=subject).first()


def _newly_here(subject: str, email: str, claims: dict[str, Any], invitation: str) -> User:
    if claims.get("email_verified") not in {True, "true"}:
        raise OidcRefused(
            _("Your organisation does not say that this e-mail address is yours. Ask the people who run it.")
        )
    if found := people.email_problems(email):
        raise InvalidFields({"email": found})
    user = User.objects.filter(email=email).first()
    if user is not None:
        if user.oidc_identities.filter(issuer=settings.OIDC["issuer"]).exists():
            # An address that was given to somebody else: the chats of whoever had it before are not theirs.
            raise OidcRefused(
                _(
                    "The account with this e-mail address belongs to another person of your organisation. Ask the "
                    "people who run this site to unlink them, if it is yours."
                )
            )
        _take_over(user)
    else:
        name = str(claims.get("name") or "").strip()[:NAME_MAX_CHARACTERS]
        user = User(email=email, name="" if name_problems(name) else name)
        user.set_unusable_password()
        mode = settings.OIDC["signup"] or settings.SIGNUP
        signup.register(user=user, invitation=invitation, verified=True, by="oidc", mode=mode)
    identity = OidcIdentity.objects.create(user=user, issuer=settings.OIDC["issuer"], subject=subject)
    audit.enter("identity.linked", actor=user, target=identity, issuer=identity.issuer)
    return user


def _take_over(user: User) -> None:
    """Give an account to whoever has proved that its address is theirs.

    Nobody has proved that before, if the address was never confirmed: a stranger could have made the account in their
    name, and wait. So whatever opened it until now ends.
    """
    if EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
        notices.tell(user=user, what=_("The sign-in of your organisation was linked to your account"))
        return
    if Authenticator.objects.filter(user=user).exists():
        # To take the second step off would let in whoever has the mailbox alone; to leave it, whoever waits.
        raise OidcRefused(
            _(
                "There is an account with this e-mail address that has a second step, and nobody has confirmed the "
                "address. Ask the people who run this site to mark it as verified."
            )
        )
    user.set_unusable_password()
    user.save(update_fields=["password"])
    people.sign_out_everywhere(user=user)
    keys.revoke_all(user=user)
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    what = _("The sign-in of your organisation was linked to your account, and its password and API keys were ended")
    notices.tell(user=user, what=what)


def _check_domain(email: str) -> None:
    allowed = {domain.strip().lower() for domain in settings.OIDC["domains"]}
    if allowed and email.rpartition("@")[2] not in allowed:
        raise OidcRefused(_("Only addresses of certain organisations come in this way."))


def _synchronise(user: User, claims: dict[str, Any]) -> None:
    """Let this person be in those of the mapped groups that the issuer says; of other groups nothing is changed."""
    mapping, claim = settings.OIDC["groups"], settings.OIDC["groups_claim"]
    if not mapping:
        return
    if claim not in claims and claim in (claims.get("_claim_names") or {}):
        logger.warning("The issuer has too many groups of somebody to tell them: their groups stay as they are.")
        return
    told = claims.get(claim) or []
    told = [told] if isinstance(told, str) else told
    wanted = {mapping[each] for each in told if isinstance(each, str) and each in mapping}
    groups = {group.name: group for group in Group.objects.filter(name__in=set(mapping.values()))}
    if missing := wanted - set(groups):
        logger.error("OIDC_GROUPS names groups that there are not: %s", ", ".join(sorted(missing)))
    before = set(user.groups.filter(name__in=groups).values_list("name", flat=True))
    joined, left = (wanted & set(groups)) - before, before - wanted
    if joined or left:
        user.groups.add(*(groups[name] for name in joined))
        user.groups.remove(*(groups[name] for name in left))
        audit.enter("groups.synchronised", actor=user, target=user, joined=sorted(joined), left=sorted(left))
