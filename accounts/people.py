"""People: how somebody is let in, and how an account is changed and closed."""

from collections.abc import Iterable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite import languages, saving

from . import audit, emails, factors, keys, notices, tokens
from .errors import InvalidFields, LastAdministrator, MfaRequired, WrongPassword, shut_out
from .models import User
from .text import has_hidden_characters, name_problems

EMAIL_MAX_CHARACTERS = 254
PASSWORD_MAX_CHARACTERS = 1024
NO_ADDRESS = _("Enter a full e-mail address, such as maya@example.org.")


def authenticate(*, request: HttpRequest, email: str, password: str, code: str = "") -> User:
    """Return whose these are; raises `TooManyAttempts`, `WrongPassword`, `UserInactive`, `MfaRequired`, `WrongCode`.

    The `code` is looked at where the account is protected by a second step.
    """
    user = get_adapter(request).authenticate(request, email=email.strip().lower(), password=password)
    if user is None:
        raise WrongPassword
    if not user.is_active:
        audit.note("sign_in.failed", target=user, why=shut_out(user).code)
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
        notices.tell(user=user, what=_("The password of your account was changed"))
        audit.enter("password.changed", target=user)
    user.refresh_from_db(fields=["credentials_version"])


def deactivate(*, user: User) -> None:
    """Close the account: nobody signs in to it any more; everything signed in, and every key, ends at once.

    A suspension ends with it: to lift it would open the account again. Raises `LastAdministrator`.
    """
    with transaction.atomic():
        keep_an_administrator(without=[user])
        user.is_active, user.suspended_at, user.suspended_for = False, None, ""
        user.credentials_version = F("credentials_version") + 1
        user.save(update_fields=["is_active", "suspended_at", "suspended_for", "credentials_version"])
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
    *,
    user: User,
    name: str | None = None,
    theme: str | None = None,
    density: str | None = None,
    language: str | None = None,
) -> None:
    """Keep a new name, theme ("", "light", "dark"), density ("", "compact") or language ("", or one of `LANGUAGES`);
    raises `InvalidFields`."""
    given = {"name": name, "theme": theme, "density": density, "language": language}
    fields = {field: value.strip() if field == "name" else value for field, value in given.items() if value is not None}
    found = {field: sentences for field, value in fields.items() if (sentences := _preference_problems(field, value))}
    if found:
        raise InvalidFields(found)
    saving.save(user, fields)


def _preference_problems(field: str, value: str) -> list[str]:
    """Return what is wrong with this value of a preference, as sentences."""
    if field == "name":
        return name_problems(value)
    if field == "theme":
        return [] if value in dict(User.THEMES) else [gettext('Choose "light", "dark" or nothing.')]
    if field == "density":
        return [] if value in dict(User.DENSITIES) else [gettext('Choose "compact" or nothing.')]
    return [] if not value or languages.is_offered(value) else [_no_such_language()]


def _no_such_language() -> str:
    codes = ", ".join(f'"{code}"' for code, _ in settings.LANGUAGES)
    return gettext("Choose one of %(codes)s, or nothing.") % {"codes": codes}


def delete(*, user: User) -> None:
    """Delete the account and all that is its person's, for good; raises `LastAdministrator`."""
    with transaction.atomic():
        keep_an_administrator(without=[user])
        user.delete()


def keep_an_administrator(*, without: Iterable[User]) -> None:
    """Raise `LastAdministrator` if these people are all who could run this installation; call it in a transaction."""
    # One at a time: two last administrators could leave together.
    found = User.objects.filter(is_superuser=True, is_active=True)
    there = {person.pk for person in found.select_for_update(no_key=True).order_by("pk")}
    if there and not there - {user.pk for user in without}:
        raise LastAdministrator


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
        return [gettext("Enter an e-mail address in plain letters.")]
    if len(email) > EMAIL_MAX_CHARACTERS:
        return [
            gettext("The e-mail address is longer than %(email_max_characters)s characters.")
            % {"email_max_characters": EMAIL_MAX_CHARACTERS}
        ]
    try:
        validate_email(email)
    except ValidationError:
        return [str(NO_ADDRESS)]
    return []


def password_problems(password: str, *, user: User) -> list[str]:
    """Return what is wrong with this new password for this person, as sentences."""
    if has_hidden_characters(password):
        return [gettext("The password has characters that cannot be seen.")]
    if len(password) > PASSWORD_MAX_CHARACTERS:
        return [
            gettext("The password is longer than %(password_max_characters)s characters.")
            % {"password_max_characters": PASSWORD_MAX_CHARACTERS}
        ]
    try:
        validate_password(password, user)
    except ValidationError as error:
        return list(error.messages)
    return []
