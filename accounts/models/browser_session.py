"""A browser in which somebody signed in: what they see of it in their list, beside Django's own row."""

import uuid

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext


class BrowserSessionQuerySet(models.QuerySet["BrowserSession"]):
    def visible_to(self, user) -> "BrowserSessionQuerySet":
        """Return those of this person that still are: the one gate of all pages."""
        living = Session.objects.filter(expire_date__gt=timezone.now(), session_key=models.OuterRef("session_key"))
        return self.filter(models.Exists(living), user=user, fingerprint=user.fingerprint)

    def over(self) -> "BrowserSessionQuerySet":
        """Return those whose session is gone."""
        living = Session.objects.filter(expire_date__gt=timezone.now(), session_key=models.OuterRef("session_key"))
        return self.filter(~models.Exists(living))


class BrowserSession(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    # What lets it in; one of before a change of the password is none.
    fingerprint = models.CharField(max_length=32, editable=False)
    client = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BrowserSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return gettext("%(person)s since %(time)s") % {
            "person": self.user,
            "time": f"{self.created_at:%Y-%m-%d %H:%M}",
        }
