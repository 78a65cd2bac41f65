"""What can go wrong with an account: a code, a sentence, a status; each edge translates them once."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class AccountError(Exception):
    """Something that cannot be done: `code` for programs, `detail` for people, `status` and `headers` for HTTP."""

    status = 400
    code = "invalid"
    detail: Any = _("This cannot be done.")

    def __init__(self, detail: Any = "", *, code: str = ""):
        self.detail = str(detail or self.detail)
        self.code = code or self.code
        self.headers: dict[str, str] = {}
        super().__init__(self.detail)


class SignupClosed(AccountError):
    status = 403
    code = "signup_closed"
    detail = _("This installation takes no new accounts. Ask the people who run it for one.")


class InvitationNeeded(SignupClosed):
    code = "invitation_needed"
    detail = _("New accounts here need an invitation. Ask the people who run this installation for one.")


class InvitationNotValid(AccountError):
    status = 403
    code = "invitation_not_valid"
    detail = _("This invitation is not valid, or no longer. Ask whoever sent it for another.")


class InvalidFields(AccountError):
    """Fields that are not acceptable; `fields` has the sentences for each by its name."""

    def __init__(self, fields: dict[str, list[str]], *, code: str = ""):
        self.fields = fields
        super().__init__(" ".join(sentence for sentences in fields.values() for sentence in sentences), code=code)


class EmailTaken(InvalidFields):
    code = "email_taken"

    def __init__(self):
        super().__init__({"email": [gettext("There is already an account with this e-mail address.")]})


class CredentialError(AccountError):
    """A credential that does not let its bearer in: `token_not_valid` or `user_inactive`."""

    status = 401
    code = "token_not_valid"
    detail = _("This token is not valid, or no longer. Sign in again.")


class UserInactive(CredentialError):
    """An account that is shut out, with what its person was told about why."""

    code = "user_inactive"
    detail = _("This account has been disabled. Ask the people who run this installation.")

    def __init__(self, told: str = ""):
        super().__init__(f"{self.detail} {told}".strip())


class UserSuspended(UserInactive):
    code = "user_suspended"
    detail = _("This account has been suspended. Ask the people who run this installation.")


class UserWaiting(UserInactive):
    code = "user_waiting"
    detail = _("This account waits for somebody who runs this installation to let it in. A mail will tell you.")


class UserRefused(UserInactive):
    code = "user_refused"
    detail = _("The people who run this installation did not accept this sign-up.")


def shut_out(user) -> UserInactive:
    """Return why this person is not let in: their account is disabled, suspended, refused, or waits."""
    if user.suspended_at:
        return UserSuspended(user.suspended_for)
    asked = getattr(user, "signup_request", None)
    if asked is not None and asked.state == "waiting":
        return UserWaiting()
    if asked is not None and asked.state == "refused":
        return UserRefused(asked.reason)
    return UserInactive()


class OidcRefused(AccountError):
    """What came back from the organisation's sign-in is not believed, or not enough."""

    status = 403
    code = "oidc_refused"
    detail = _(
        "Your organisation’s sign-in did not work. Try again; if it stays so, tell the people who run this site."
    )


class OidcUnavailable(AccountError):
    status = 502
    code = "oidc_unavailable"
    detail = _("Your organisation’s sign-in cannot be reached at the moment. Try again in a while.")


class AlreadyDecided(AccountError):
    status = 409
    code = "already_decided"
    detail = _("Somebody has decided about this already.")


class WrongPassword(AccountError):
    status = 401
    code = "wrong_credentials"
    detail = _("That e-mail and password do not match.")


class MfaRequired(AccountError):
    status = 401
    code = "mfa_required"
    detail = _(
        "This account is protected by a second step. Send `code` as well: one from your authenticator app, or a "
        "recovery code."
    )


class WrongCode(AccountError):
    status = 401
    code = "wrong_code"
    detail = _("That code is not right, or was used before.")


class NotSignedIn(AccountError):
    """A key asked to be signed out."""

    code = "not_signed_in"
    detail = _("A key is not a sign-in that could be ended. Revoke it under /api/auth/keys/.")


class AmbiguousCredentials(AccountError):
    code = "ambiguous_credentials"
    detail = _("Send one credential only: a session cookie or one token.")


class TooManyAttempts(AccountError):
    """Too many attempts; `retry_after` says in how many whole seconds the next one is looked at."""

    status = 429
    code = "too_many_attempts"

    def __init__(self, *, retry_after: int):
        super().__init__(
            gettext("Too many attempts. Try again in %(retry_after)s seconds.") % {"retry_after": retry_after}
        )
        self.retry_after = retry_after
        self.headers = {"Retry-After": str(retry_after)}


class QueueUnavailable(AccountError):
    status = 503
    code = "unavailable"
    detail = _("Mail cannot be sent at the moment. Try again in a while.")

    def __init__(self):
        super().__init__()
        self.headers = {"Retry-After": "30"}


class CsrfFailed(AccountError):
    status = 403
    code = "csrf_failed"
    detail = _("A request with a session cookie needs the page's CSRF token in X-CSRFToken. Reload the page.")


class NoSuchKey(AccountError):
    status = 404
    code = "not_found"
    detail = _("There is nothing here, or it is not yours.")


class NoSuchBrowser(NoSuchKey):
    """It was signed out before, or is somebody else's."""


class LastAdministrator(AccountError):
    status = 409
    code = "last_administrator"
    detail = _("You are the only administrator. Make somebody else one first, or nobody could run this installation.")


class TooManyKeys(AccountError):
    status = 409
    code = "too_many_keys"

    def __init__(self, limit: int):
        super().__init__(
            gettext("You have %(limit)s keys, which is as many as there can be. Revoke one you no longer need.")
            % {"limit": limit}
        )


class AlreadyMade(AccountError):
    """The same form was sent twice; the secret was in the first answer only."""

    status = 409
    code = "already_made"
    detail = _("This key was already made. If you did not copy it then, revoke it and make another.")


class InsufficientScope(AccountError):
    """An API key was used for something outside of its scopes."""

    status = 403
    code = "insufficient_scope"

    def __init__(self, scope: str):
        super().__init__(gettext("This key may not do that: it needs the scope %(scope)s.") % {"scope": scope})
