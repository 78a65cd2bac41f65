"""The audit ledger: who did what to whose thing, when and from where; each entry covers the one before it."""

import json
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

ACTION_CHARACTERS = 40
KIND_CHARACTERS = 40
ID_CHARACTERS = 64
ADDRESS_CHARACTERS = 45
HASH_CHARACTERS = 64
EMAIL_DIGEST_CHARACTERS = 32


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **fields):
        """Refuse: what was done was done."""
        raise TypeError("Entries of the audit ledger are never changed.")

    def delete(self):
        """Refuse: what was done was done."""
        raise TypeError("Entries of the audit ledger are never deleted.")


class AuditEntry(models.Model):
    # Without a gap from 1 on: its place in the chain.
    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    # A name of `audit.ACTIONS`.
    action = models.CharField(max_length=ACTION_CHARACTERS)
    # No keys to other tables: an entry outlives the people and the things that it names.
    actor_id = models.UUIDField(null=True, help_text=_("Who did it; empty: a program of this site, or a stranger."))
    whom_id = models.UUIDField(null=True, help_text=_("Whose thing it was."))
    email_digest = models.CharField(max_length=EMAIL_DIGEST_CHARACTERS, blank=True)
    target_kind = models.CharField(max_length=KIND_CHARACTERS, blank=True)
    target_id = models.CharField(max_length=ID_CHARACTERS, blank=True)
    address = models.CharField(max_length=ADDRESS_CHARACTERS, blank=True)
    request_id = models.CharField(max_length=ID_CHARACTERS, blank=True)
    # JSON in one fixed spelling. As text, because a JSON column would give back another spelling than it was given.
    details = models.TextField(default="{}")
    previous = models.CharField(max_length=HASH_CHARACTERS)
    hash = models.CharField(max_length=HASH_CHARACTERS)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["action", "-number"], name="audit_by_action"),
            models.Index(fields=["actor_id", "-number"], name="audit_by_actor"),
            models.Index(fields=["whom_id", "-number"], name="audit_by_whom"),
            models.Index(fields=["target_id"], name="audit_by_target"),
            models.Index(fields=["email_digest"], condition=~models.Q(email_digest=""), name="audit_by_email_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.action}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("Entries of the audit ledger are never changed.")
        # With a number that is taken a new one would change the one that has it.
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args, **kwargs):
        raise TypeError("Entries of the audit ledger are never deleted.")

    @property
    def facts(self) -> dict[str, Any]:
        """The details by name."""
        found = json.loads(self.details)
        return found if isinstance(found, dict) else {}
