"""The person: an e-mail address, a name to show, and preferences."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

FINGERPRINT_CHARACTERS = 32


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """Return a new, saved user; an absent password is an unusable one."""
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """Return a new administrator, for `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    THEMES = [("", _("System")), ("light", _("Light")), ("dark", _("Dark"))]
    DENSITIES = [("", _("Roomy")), ("compact", _("Compact"))]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    # Set while suspended; `is_active` is off as long, so that nothing lets them in.
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    suspended_for = models.CharField(_("told to them"), max_length=300, blank=True, editable=False)
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    theme = models.CharField(max_length=5, blank=True, choices=THEMES)
    density = models.CharField(max_length=8, blank=True, choices=DENSITIES)
    # A code of `LANGUAGES`; empty: whatever the browser asks for.
    language = models.CharField(max_length=10, blank=True)
    # What the chat does with these is conversations' business (conversations/preferences.py); here they are at hand.
    instructions = models.TextField(blank=True, help_text=_("What the assistant is told before each conversation."))
    use_instructions = models.BooleanField(default=True)
    default_model = models.CharField(max_length=200, blank=True)
    default_mode = models.CharField(max_length=8, blank=True)
    # Rises when every credential handed out so far must die: password change, deactivation, sign-out everywhere.
    credentials_version = models.PositiveIntegerField(default=0, editable=False)

    objects = UserManager()

    USERNAME_FIELD = EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_per_address")]

    def __str__(self) -> str:
        return self.email

    @property
    def display_name(self) -> str:
        """The name to show: their own, else the part of the address before the @."""
        return self.name or self.email.partition("@")[0]

    @property
    def initials(self) -> str:
        """One or two letters for the avatar."""
        words = self.display_name.replace(".", " ").split()
        return "".join(word[0] for word in words[:2]).upper() or "?"

    @property
    def fingerprint(self) -> str:
        """32 hex digits that change with the password and with `credentials_version`; every credential carries them."""
        return fingerprint(password=self.password, credentials_version=self.credentials_version)

    def get_session_auth_hash(self) -> str:
        # Django's own covers the password only, so a sign-out everywhere would leave the sessions alive.
        return self.fingerprint

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


def fingerprint(*, password: str, credentials_version: int) -> str:
    """Return the 32 hex digits that a credential must carry while these are the current hash and version."""
    digest = salted_hmac("accounts.credentials", f"{credentials_version}:{password}", algorithm="sha256")
    return digest.hexdigest()[:FINGERPRINT_CHARACTERS]
