"""Who somebody is at their organisation: the name that its sign-in knows them by, which never changes."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

ISSUER_CHARACTERS = 300
SUBJECT_CHARACTERS = 255


class OidcIdentity(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="oidc_identities")
    issuer = models.CharField(_("issuer"), max_length=ISSUER_CHARACTERS)
    subject = models.CharField(_("subject"), max_length=SUBJECT_CHARACTERS)
    created_at = models.DateTimeField(_("linked"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), auto_now=True)

    class Meta:
        verbose_name = _("linked sign-in")
        verbose_name_plural = _("linked sign-ins")
        ordering = ["-last_used_at"]
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_subject")]

    def __str__(self) -> str:
        return gettext("%(subject)s at %(issuer)s") % {"subject": self.subject, "issuer": self.issuer}
