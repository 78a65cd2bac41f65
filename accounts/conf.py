"""Settings of the accounts: sign-in pages, tokens, password hashing. Imported at the end of `chatsite/settings.py`."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from chatsite.environment import Env

env = Env()

# Who may make an account: "open" to anybody, "invite" only with an invitation, "approval" once staff have let them in,
# "closed" to nobody. The first account is the administrator's in all but the last.
SIGNUP = env.str("SIGNUP", default="open")
if SIGNUP not in {"open", "invite", "approval", "closed"}:
    raise ImproperlyConfigured(f'SIGNUP is "open", "invite", "approval" or "closed", not "{SIGNUP}".')

# The sign-in of your organisation, by OpenID Connect (docs/people.md); without an issuer there is none.
OIDC = {
    # Its address, below which /.well-known/openid-configuration is found, and what this site is called there.
    "issuer": env.str("OIDC_ISSUER", default="").rstrip("/"),
    "client_id": env.str("OIDC_CLIENT_ID", default=""),
    "client_secret": env.str("OIDC_CLIENT_SECRET", default=""),
    # What stands on the button.
    "name": env.str("OIDC_NAME", default="your organisation"),
    "scopes": env.str("OIDC_SCOPES", default="openid email profile"),
    # Who may make an account this way, as in SIGNUP; empty: whoever SIGNUP lets.
    "signup": env.str("OIDC_SIGNUP", default=""),
    # Only addresses of these domains come in; empty: all.
    "domains": env.list("OIDC_DOMAINS", default=[]),
    # The claim that lists somebody's groups, and which group here each of its values means, such as staff=Teachers.
    "groups_claim": env.str("OIDC_GROUPS_CLAIM", default="groups"),
    "groups": env.dict("OIDC_GROUPS", default={}),
}
if OIDC["issuer"] and not OIDC["client_id"]:
    raise ImproperlyConfigured("Set OIDC_CLIENT_ID: what this site is called at OIDC_ISSUER.")
if OIDC["signup"] not in {"", "open", "invite", "approval", "closed"}:
    raise ImproperlyConfigured('OIDC_SIGNUP is "open", "invite", "approval", "closed" or empty.')

ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# A fresh machine has no mail server, so nobody is kept out until a mail arrives.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# An address changes only by confirming the new one, and a person has one.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_USER_DISPLAY = "accounts.people.display_name"
# accounts/throttles.py counts for the pages and the API together; a second count beside it would only confuse.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
# Who changes their address, or their second step, enters the password once more.
ACCOUNT_REAUTHENTICATION_REQUIRED = True

MFA_ADAPTER = "accounts.factors.adapter.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Without a mail server no address is ever verified, and nobody should be kept from protecting their account.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A key that somebody left in the machine is not its owner.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# A code is still taken when the next one is already shown.
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "accounts.factors.forms.CodeForm",
    "reauthenticate": "accounts.factors.forms.ConfirmCodeForm",
    "activate_totp": "accounts.factors.forms.ActivateForm",
    "add_webauthn": "accounts.factors.forms.AddPasskeyForm",
    "authenticate_webauthn": "accounts.factors.forms.PasskeyForm",
    "login_webauthn": "accounts.factors.forms.SignInPasskeyForm",
    "reauthenticate_webauthn": "accounts.factors.forms.ConfirmPasskeyForm",
}

# New passwords are hashed with argon2, few at a time; the second name only reads what an older installation may hold.
PASSWORD_HASHERS = [
    "accounts.hashing.BoundedArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=24),
}
