"""Which policy applies to whom: of a person's groups the one that keeps longest, without one that for everybody."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from accounts.models import User

from ..models import RetentionPolicy

# Whoever has it keeps what they have pinned.
KEEP_PINNED = "conversations.keep_pinned"


class Kind(StrEnum):
    """What a policy is about."""

    CHATS = "chats"
    FILES = "files"
    # The details of each call of a model, of which nobody is told: only staff see them.
    USAGE = "usage"

    @property
    def label(self) -> str:
        """What staff call it."""
        return {Kind.CHATS: gettext("Chats"), Kind.FILES: gettext("Files"), Kind.USAGE: gettext("Usage")}[self]

    @property
    def told_in(self) -> str:
        """The field of a conversation that says when it happens."""
        return {Kind.CHATS: "expires_at", Kind.FILES: "files_expire_at"}[self]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one policy says of one kind of thing, and to whom it applies."""

    policy: RetentionPolicy
    kind: Kind
    days: int
    # Those who have a policy that keeps longer, and for the one for everybody: all who have one of a group.
    others: Sequence[int]

    @property
    def age(self) -> datetime.timedelta:
        """How long after the last word it is deleted."""
        return datetime.timedelta(days=self.days)

    @property
    def grace(self) -> datetime.timedelta:
        """How long before that its owner is told."""
        return datetime.timedelta(days=self.policy.grace_days)

    def of(self, field: str) -> Q:
        """Return the condition that `field` names a person to whom this applies, also one whose account is gone."""
        others = User.objects.filter(groups__in=self.others).values("pk")
        if self.policy.group_id is None:
            return ~Q(**{f"{field}__in": others})
        members = User.objects.filter(groups=self.policy.group_id).exclude(pk__in=others)
        return Q(**{f"{field}__in": members.values("pk")})


def rules(kind: Kind) -> list[Rule]:
    """Return what is to be deleted after how long, one rule for each policy that says so; nobody is in two of them."""
    found = list(RetentionPolicy.objects.select_related("group"))
    of_groups = sorted((each for each in found if each.group_id), key=lambda each: _strength(each, kind), reverse=True)
    everybody = [each for each in found if not each.group_id]
    # The strongest first: each group's rule leaves out those of the groups before it, the last one all of them.
    return [
        Rule(policy, kind, days, [each.group_id for each in of_groups[:number] if each.group_id])
        for number, policy in enumerate([*of_groups, *everybody])
        if (days := getattr(policy, f"{kind}_days")) is not None
    ]


def keepers() -> QuerySet[User]:
    """Return the people who keep what they have pinned."""
    app, _, name = KEEP_PINNED.partition(".")
    permission = {"content_type__app_label": app, "codename": name}
    given = Q(**{f"user_permissions__{field}": value for field, value in permission.items()})
    in_group = Q(**{f"groups__permissions__{field}": value for field, value in permission.items()})
    return User.objects.filter(pk__in=User.objects.filter(Q(is_superuser=True) | given | in_group).values("pk"))


def kept() -> Q:
    """Return the condition that a conversation is kept because its owner, who may, has pinned it."""
    return Q(pinned=True, owner__in=keepers().values("pk"))


def _strength(policy: RetentionPolicy, kind: Kind) -> tuple:
    days = getattr(policy, f"{kind}_days")
    return days is None, days or 0, policy.grace_days, policy.pk
