"""Invitations: how one is made, found by its link, used and revoked."""

from collections.abc import Iterable
from functools import partial
from urllib.parse import urljoin

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from . import audit, mail, notices
from .errors import InvitationNotValid
from .minting import digest, mint, shape
from .models import Invitation, InvitationUse, User

MARK = "inv_"
SECRET = shape(MARK)
# Where a browser keeps the invitation that it came with, until the account is made.
SESSION_KEY = "invitation"


def make(*, invitation: Invitation, groups: Iterable[Group], by: User, site: str) -> str:
    """Keep a new invitation, and return its link, which is kept nowhere; mail it to its address, if mail is set up."""
    invitation.prefix, secret = mint(MARK)
    invitation.digest = digest(secret)
    invitation.email, invitation.made_by = invitation.email.lower(), by
    link = urljoin(site, reverse("account_invitation", args=[secret]))
    with transaction.atomic():
        invitation.save(force_insert=True)
        invitation.groups.set(groups)
        if is_mailed(invitation):
            context = {"invitation": invitation, "link": link, "site": site, "by": by}
            body = render_to_string("accounts/invitation_mail.txt", context)
            subject = _("You are invited to a chat")
            transaction.on_commit(partial(notices.queue, subject=subject, body=body, to=invitation.email))
    return link


def is_mailed(invitation: Invitation) -> bool:
    """Return whether its link is sent by mail: it has an address, and there is a mail server."""
    return bool(invitation.email) and mail.is_set_up()


def givable(user: User) -> QuerySet[Group]:
    """Return the groups that this person may invite into: none has a right that they do not have themselves.

    To be in a group is a right of its own, such as to use its models: who may not change people gives only their own.
    """
    if user.is_superuser:
        return Group.objects.all()
    own = [right.partition(".") for right in user.get_all_permissions()]
    mine = [
        right.pk
        for right in Permission.objects.select_related("content_type")
        if (right.content_type.app_label, ".", right.codename) in own
    ]
    beyond = Permission.objects.exclude(pk__in=mine)
    within = Group.objects.exclude(permissions__in=beyond)
    return within if user.has_perm("accounts.change_user") else within.filter(pk__in=user.groups.all())


def find(secret: str) -> Invitation:
    """Return the invitation that this link opens; raises `InvitationNotValid`."""
    found = None
    if SECRET.fullmatch(secret):
        found = Invitation.objects.alive().select_related("made_by").filter(digest=digest(secret)).first()
    if found is None or found.state != "open":
        raise InvitationNotValid
    return found


def use(*, secret: str, user: User) -> Invitation:
    """Return the invitation with which this account is made, and give the account its groups.

    Within the transaction that makes the account. Raises `InvitationNotValid`, also if it is for another address.
    """
    # Locked: of many at the same time only as many come in as there are uses.
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("made_by")
    invitation = locked.get(pk=find(secret).pk)
    if invitation.state != "open":
        raise InvitationNotValid
    if invitation.email and invitation.email != user.email:
        raise InvitationNotValid(_("This invitation is for another e-mail address."))
    invitation.used += 1
    invitation.save(update_fields=["used"])
    InvitationUse.objects.create(invitation=invitation, user=user)
    user.groups.add(*invitation.groups.all())
    return invitation


def revoke(*, invitation: Invitation) -> None:
    """End an invitation: its link leads nowhere; accounts that were made with it stay."""
    with transaction.atomic():
        if Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=timezone.now()):
            audit.enter("invitation.revoked", target=invitation)
