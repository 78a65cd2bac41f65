"""The forms of the second step: allauth's, with our limits on guessing and our words."""

import logging
from typing import Any

from allauth.core import context
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as passkey_forms
from django import forms
from django.utils.translation import gettext

from .. import audit
from ..errors import WrongCode
from ..text import NAME_MAX_CHARACTERS, name_problems
from .adapter import FAILED
from .checking import check_code

logger = logging.getLogger(__name__)

CREDENTIAL_MAX_CHARACTERS = 20_000


def _plain(field: forms.Field, label: str, **attributes: str) -> None:
    field.label, field.help_text = label, ""
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update({"autocapitalize": "off", "spellcheck": "false", "dir": "ltr", **attributes})


class _Code(base_forms.BaseAuthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain(
            self.fields["code"], gettext("Code from your app, or a recovery code"), autofocus="", inputmode="numeric"
        )

    def clean_code(self) -> str:
        try:
            self.authenticator = check_code(request=context.request, user=self.user, code=self.cleaned_data["code"])
        except WrongCode as error:
            raise forms.ValidationError(error.detail) from None
        self.authenticator.user = self.user
        return self.cleaned_data["code"]


class CodeForm(_Code, base_forms.AuthenticateForm):
    """The code with which a sign-in goes on."""


class ConfirmCodeForm(_Code, base_forms.ReauthenticateForm):
    """The code by which somebody who is signed in confirms that it is them."""


class ActivateForm(totp_forms.ActivateTOTPForm):
    """The first code of an app, which shows that it has the secret."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain(self.fields["code"], gettext("Code that the app shows"), inputmode="numeric", maxlength="12")


class CredentialField(forms.JSONField):
    """What a browser says of a passkey, hidden in the form."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """Return what was said; anything too long or too deep is nothing a browser says."""
        try:
            return super().to_python(value) if len(value or "") <= CREDENTIAL_MAX_CHARACTERS else None
        except RecursionError:
            raise forms.ValidationError(FAILED) from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return nothing: what was refused is not shown again."""
        return None

    def prepare_value(self, value: Any) -> str:
        """Return the empty field that the script fills."""
        return ""


class _Credential:
    """Takes whatever a browser sent for a passkey: what cannot be read is refused, whatever is wrong with it."""

    def clean(self) -> dict[str, Any]:
        return _carefully(super().clean)  # type: ignore[misc]


class AddPasskeyForm(_Credential, passkey_forms.AddWebAuthnForm):
    """A new passkey and its name; only one that asks for a finger, a face or a PIN lets in by itself."""

    credential = CredentialField()
    passwordless = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain(self.fields["name"], gettext("Name"), maxlength=str(NAME_MAX_CHARACTERS), autocomplete="off")
        self.fields["name"].help_text = gettext("Where it is kept, such as “Work laptop”.")

    def clean_name(self) -> str:
        name = super().clean_name().strip()
        if found := name_problems(name):
            raise forms.ValidationError(found)
        return name

    def clean(self) -> dict[str, Any]:
        # Asked for by the parent: without that, whoever holds the device would be let in.
        self.cleaned_data["passwordless"] = True
        return super().clean()


class _Signed:
    def clean_credential(self) -> Authenticator:
        try:
            return _carefully(super().clean_credential)  # type: ignore[misc]
        except forms.ValidationError:
            audit.note("factor.wrong", target=self.user, by="passkey")  # type: ignore[attr-defined]
            raise


class PasskeyForm(_Signed, passkey_forms.AuthenticateWebAuthnForm):
    """What a passkey signed, with which a sign-in goes on."""

    credential = CredentialField()


class SignInPasskeyForm(_Signed, passkey_forms.LoginWebAuthnForm):
    """What a passkey signed, in place of a password and a code."""

    credential = CredentialField()


class ConfirmPasskeyForm(_Signed, passkey_forms.ReauthenticateWebAuthnForm):
    """What a passkey signed, by which somebody who is signed in confirms that it is them."""

    credential = CredentialField()


def _carefully(read: Any) -> Any:
    try:
        return read()
    except forms.ValidationError:
        raise forms.ValidationError(FAILED) from None
    except Exception as error:
        # A browser never sends such a thing; what reads it breaks in many ways.
        logger.info("A passkey could not be read: %s", type(error).__name__)
        raise forms.ValidationError(FAILED) from None
