"""People: how an account is made, let in, changed and closed."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest

from . import audit, emails, factors, keys, notices, tokens
from .errors import (
    EmailTaken,
    InvalidFields,
    LastAdministrator,
    MfaRequired,
    SignupClosed,
    WrongPassword,
    shut_out,
)
from .models import Installation, User
from .text import has_hidden_characters, name_problems

EMAIL_MAX_CHARACTERS = 254
PASSWORD_MAX_CHARACTERS = 1024
NO_ADDRESS = "Enter a full e-mail address, such as maya@example.org."


def sign_up(*, email: str, password: str, name: str = "") -> User:
    """Return the new account, the first an administrator's; raises `SignupClosed`, `InvalidFields`, `EmailTaken`."""
    if settings.SIGNUP == "closed":
        raise SignupClosed
    email, name = email.strip(), name.strip()
    # Looked at before it is lowered: some foreign letters become plain ones that way.
    if found := problems(email=email, password=password, name=name):
        raise InvalidFields(found)
    email = email.lower()
    user = User(email=email, name=name)
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    # Hashing takes a while; SQLite's one write lock must not be held meanwhile.
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
            _make_first_administrator(user)
            audit.enter("sign_up", actor=user, target=user, email=email, administrator=user.is_superuser)
    except IntegrityError:
        raise EmailTaken from None
    return user


def authenticate(*, request: HttpRequest, email: str, password: str, code: str = "") -> User:
    """Return whose these are; raises `TooManyAttempts`, `WrongPassword`, `UserInactive`, `MfaRequired`, `WrongCode`.

    The `code` is looked at where the account is protected by a second step.
    """
    user = get_adapter(request).authenticate(request, email=email.strip().lower(), password=password)
    if user is None:
        raise WrongPassword
    if not user.is_active:
        audit.note("sign_in.failed", target=user, why="suspended" if user.suspended_at else "inactive")
        raise shut_out(user)
    if factors.is_on(user=user):
        if not code:
            audit.note("sign_in.failed", target=user, why="second factor")
            raise MfaRequired
        factors.check_code(request=request, user=user, code=code)
    return user


def change_password(*, user: User, password: str) -> None:
    """Set a password that was checked before, and end every session and token of this person; keys stay.

    An address that waits to be confirmed is given up: whoever asked for it may be why the password changes.
    """
    user.set_password(password)
    with transaction.atomic():
        user.credentials_version = F("credentials_version") + 1
        user.save(update_fields=["password", "credentials_version"])
        tokens.revoke_all(user=user)
        emails.forget(user=user)
        notices.tell(user=user, what="The password of your account was changed")
        audit.enter("password.changed", target=user)
    user.refresh_from_db(fields=["credentials_version"])


def deactivate(*, user: User) -> None:
    """Close the account: nobody signs in to it any more; everything signed in, and every key, ends at once."""
    with transaction.atomic():
        user.is_active = False
        user.credentials_version = F("credentials_version") + 1
        user.save(update_fields=["is_active", "credentials_version"])
        tokens.revoke_all(user=user)
        emails.forget(user=user)
        keys.revoke_all(user=user)
        audit.enter("person.disabled", target=user)
    user.refresh_from_db(fields=["credentials_version"])


def sign_out_everywhere(*, user: User) -> None:
    """End every session and token of this person; keys stay."""
    with transaction.atomic():
        user.credentials_version = F("credentials_version") + 1
        user.save(update_fields=["credentials_version"])
        tokens.revoke_all(user=user)
        emails.forget(user=user)
        audit.enter("sign_out.everywhere", target=user)
    user.refresh_from_db(fields=["credentials_version"])


def change_preferences(
    *, user: User, name: str | None = None, theme: str | None = None, density: str | None = None
) -> None:
    """Keep a new name, theme ("", "light", "dark") or density ("", "compact"); raises `InvalidFields`."""
    found = {}
    if name is not None:
        user.name = name.strip()
        found["name"] = name_problems(user.name)
    if theme is not None:
        user.theme = theme
        found["theme"] = [] if theme in dict(User.THEMES) else ['Choose "light", "dark" or nothing.']
    if density is not None:
        user.density = density
        found["density"] = [] if density in dict(User.DENSITIES) else ['Choose "compact" or nothing.']
    if found := {field: sentences for field, sentences in found.items() if sentences}:
        raise InvalidFields(found)
    user.save(update_fields=["name", "theme", "density"])


def delete(*, user: User) -> None:
    """Delete the account and all that is its person's, for good; raises `LastAdministrator`."""
    with transaction.atomic():
        # One at a time: two last administrators could leave together.
        found = User.objects.filter(is_superuser=True, is_active=True)
        administrators = found.select_for_update(no_key=True).order_by("pk")
        if [person.pk for person in administrators] == [user.pk]:
            raise LastAdministrator
        user.delete()


def display_name(user: User) -> str:
    """Return the name to greet this person by."""
    return user.display_name


def problems(*, email: str, password: str, name: str = "") -> dict[str, list[str]]:
    """Return what is wrong with the fields of a new account: sentences by field, empty when all is well."""
    found = {
        "email": email_problems(email),
        "name": name_problems(name),
        "password": password_problems(password, user=User(email=email, name=name)),
    }
    return {field: sentences for field, sentences in found.items() if sentences}


def email_problems(email: str) -> list[str]:
    """Return what is wrong with this e-mail address, as sentences."""
    # Letters of other alphabets can be drawn like Latin ones, so two accounts could look the same.
    if not email.isascii() or has_hidden_characters(email):
        return ["Enter an e-mail address in plain letters."]
    if len(email) > EMAIL_MAX_CHARACTERS:
        return [f"The e-mail address is longer than {EMAIL_MAX_CHARACTERS} characters."]
    try:
        validate_email(email)
    except ValidationError:
        return [NO_ADDRESS]
    return []


def password_problems(password: str, *, user: User) -> list[str]:
    """Return what is wrong with this new password for this person, as sentences."""
    if has_hidden_characters(password):
        return ["The password has characters that cannot be seen."]
    if len(password) > PASSWORD_MAX_CHARACTERS:
        return [f"The password is longer than {PASSWORD_MAX_CHARACTERS} characters."]
    try:
        validate_password(password, user)
    except ValidationError as error:
        return list(error.messages)
    return []


def _make_first_administrator(user: User) -> None:
    if User.objects.filter(is_superuser=True).exists():
        return
    _, first = Installation.objects.get_or_create(id=Installation.ONLY, defaults={"administrator": user})
    if first:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
