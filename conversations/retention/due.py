"""Which conversations a rule is about at a moment: those whose owner is to be told, has been told, or that are due."""

import datetime
from functools import reduce
from operator import or_

from django.db.models import Exists, F, OuterRef, Q

from ..models import Attachment, Conversation
from ..models.conversation import ConversationQuerySet
from . import holds, policies
from .policies import Kind, Rule


class Look:
    """What there is at one moment for one kind of thing; the rules and holds are read once."""

    def __init__(self, kind: Kind, now: datetime.datetime):
        self.kind, self.now = kind, now
        self.rules = policies.rules(kind)
        self.held = holds.held()
        self.kept = policies.kept()
        self.told_in = kind.told_in

    def to_tell(self, rule: Rule) -> ConversationQuerySet:
        """Return those whose owner is not told yet and has to be."""
        return self._free(self._concerned(rule)).filter(**{self.told_in: None})

    def told(self, rule: Rule) -> ConversationQuerySet:
        """Return those whose owner has been told, and for whom that is still so."""
        return self._free(self._concerned(rule)).filter(**{f"{self.told_in}__isnull": False})

    def due(self, rule: Rule) -> ConversationQuerySet:
        """Return those that a run deletes now: old enough, told long enough ago, and neither held nor kept."""
        return self.told(rule).filter(**{f"{self.told_in}__lte": self.now, "active_at__lte": self.now - rule.age})

    def kept_by(self, rule: Rule, why: Q) -> ConversationQuerySet:
        """Return those that stay only because they are held or kept."""
        return self._concerned(rule).filter(why)

    def put_off(self, rule: Rule) -> ConversationQuerySet:
        """Return those whose owner was told a moment that is too soon by now."""
        return self.told(rule).filter(**{f"{self.told_in}__lt": F("active_at") + rule.age})

    def withdrawn(self) -> ConversationQuerySet:
        """Return those whose owner was told, and which nothing deletes any more."""
        told = Conversation.objects.filter(**{f"{self.told_in}__isnull": False})
        concerned = reduce(or_, (rule.of("owner") & self._quiet(rule) for rule in self.rules), Q(pk__in=[]))
        return told.exclude(concerned & self._things() & ~self.held & ~self.kept)

    def _concerned(self, rule: Rule) -> ConversationQuerySet:
        return Conversation.objects.filter(rule.of("owner"), self._quiet(rule), self._things())

    def _free(self, found: ConversationQuerySet) -> ConversationQuerySet:
        return found.exclude(self.held).exclude(self.kept)

    def _quiet(self, rule: Rule) -> Q:
        """So long silent that it is time to tell."""
        return Q(active_at__lte=self.now - (rule.age - rule.grace))

    def _things(self) -> Q:
        if self.kind is Kind.CHATS:
            return Q()
        return Q(Exists(Attachment.objects.filter(message__turn__conversation=OuterRef("pk"))))
