"""The pages of the second step: allauth's flows, with our limits and our way of telling errors."""

import json
from typing import Any, cast

from allauth.account.internal.stagekit import get_pending_stage
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import views as passkeys
from allauth.mfa.webauthn.internal import auth, flows
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from .. import browsers, throttles
from ..models import User
from ..receivers import FINGERPRINT
from ..signed_in import who_asks
from ..telling import tells_errors
from .checking import is_on

OVERVIEW = "mfa_index"


class CodeView(base.AuthenticateView):
    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        """Ask to sign in anew when there is nothing to ask for any more: allauth would send back and forth for ever."""
        stage = get_pending_stage(request)
        if stage and not (stage.login.user and is_on(user=cast(User, stage.login.user))):
            return stage.abort()
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        """Add what the script asks the browser's passkeys for, if there are any."""
        context = super().get_context_data(**kwargs)
        user = self.stage.login.user
        return context | _options(context) | {"has_passkeys": is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN])}

    def form_valid(self, form) -> HttpResponse:
        if self.request.session.get(FINGERPRINT) != self.stage.login.user.fingerprint:
            # The password, or everything that was signed in, has changed since it was entered.
            messages.error(self.request, gettext("Your password has changed meanwhile. Sign in again."))
            return self.stage.abort()
        return super().form_valid(form)


class ConfirmPasskeyView(passkeys.ReauthenticateWebAuthnView):
    def get_context_data(self, **kwargs) -> dict[str, Any]:
        """Add what the script asks the browser's passkeys for."""
        context = super().get_context_data(**kwargs)
        return context | _options(context)

    def form_invalid(self, form) -> HttpResponse:
        super().form_invalid(form)
        return redirect(self.request.get_full_path())


class ActivateView(totp.ActivateTOTPView):
    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        # A form that is sent twice must not end where all is turned off.
        user = request.user
        if user.is_authenticated and is_mfa_enabled(user, [Authenticator.Type.TOTP]):
            return redirect(OVERVIEW)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:
            return redirect(OVERVIEW)


class AddPasskeyView(passkeys.AddWebAuthnView):
    def get_context_data(self, **kwargs) -> dict[str, Any]:
        """Add what the script asks the browser for: a passkey that knows whose it is, and checks who uses it."""
        context = super().get_context_data(**kwargs)
        context["form"] = kwargs.get("form", self.get_form())
        context["js_data"] = {"creation_options": auth.begin_registration(self.request.user, True)}
        return context | _options(context)

    def form_valid(self, form) -> HttpResponse:
        with transaction.atomic():
            return super().form_valid(form)


class RecoveryCodesView(recovery.ViewRecoveryCodesView):
    def get_context_data(self, **kwargs) -> dict[str, Any]:
        """Add how many came in without a second step: this page is where one arrives when it is turned on."""
        earlier = browsers.came_by_password(request=self.request, user=who_asks(self.request))
        return super().get_context_data(**kwargs) | {"earlier": earlier}


class SignInPasskeyView(passkeys.LoginWebAuthnView):
    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        throttles.check("passkey", request)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form) -> HttpResponse:
        throttles.count("passkey", self.request)
        return super().form_invalid(form)

    def form_valid(self, form) -> HttpResponse:
        authenticator = form.cleaned_data["credential"]
        login = Login(user=authenticator.user, redirect_url=get_next_redirect_url(self.request))
        return flows.perform_passwordless_login(self.request, authenticator, login)


def _options(context: dict[str, Any]) -> dict[str, str]:
    data = context.pop("js_data", {})
    return {"options": json.dumps(next(iter(data.values()), {}))}


def _page(view) -> Any:
    return never_cache(tells_errors(view))


enter_code = _page(CodeView.as_view())
confirm_code = _page(base.reauthenticate)
confirm_passkey = _page(ConfirmPasskeyView.as_view())
activate = _page(ActivateView.as_view())
deactivate = _page(totp.deactivate_totp)
recovery_codes = _page(login_required(RecoveryCodesView.as_view()))
recovery_codes_again = _page(recovery.generate_recovery_codes)
recovery_codes_file = _page(recovery.download_recovery_codes)
passkey_add = _page(AddPasskeyView.as_view())
passkey_remove = _page(passkeys.remove_webauthn)
passkey_sign_in = _page(SignInPasskeyView.as_view())
