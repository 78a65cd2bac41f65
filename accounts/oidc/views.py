"""The way to the issuer and back; what it says is believed elsewhere, and the person let in as by a password."""

import secrets
import time
from urllib.parse import urljoin

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import audit, invitations, mail, signup, throttles
from ..errors import AccountError, InvitationNotValid, OidcRefused
from ..telling import tells_errors

METHOD = "oidc"
PENDING = "oidc_pending"
# How many tabs may be on their way at once, and for how long.
PENDING_MOST = 5
PENDING_SECONDS = 15 * 60


@never_cache
@tells_errors
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Send somebody to their organisation's sign-in."""
    from . import issuer

    _check_configured()
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    address = issuer.authorize_url(state=state, nonce=nonce, verifier=verifier, redirect_uri=_callback_of(request))
    kept = {"nonce": nonce, "verifier": verifier, "next": get_next_redirect_url(request) or "", "at": time.time()}
    pending = list(request.session.get(PENDING, {}).items())[1 - PENDING_MOST :]
    request.session[PENDING] = dict([*pending, (state, kept)])
    return redirect(address)


@never_cache
@tells_errors
@require_safe
def callback(request: HttpRequest) -> HttpResponseBase:
    """Let in whoever comes back, as far as anything lets them in."""
    from . import arrival, issuer

    _check_configured()
    throttles.check("oidc", request)
    try:
        kept = _take(request)
        if "error" in request.GET:
            raise OidcRefused
        told = {"nonce": kept["nonce"], "verifier": kept["verifier"], "redirect_uri": _callback_of(request)}
        claims = issuer.claims_of(code=request.GET.get("code", ""), **told)
        user = arrival.of(claims, invitation=signup.invited_by(request))
    except AccountError as error:
        if isinstance(error, InvitationNotValid):
            # Whoever may come without one can try again.
            request.session.pop(invitations.SESSION_KEY, None)
        throttles.count("oidc", request)
        audit.note("sign_in.failed", why=error.code, by=METHOD)
        raise
    request.session.pop(invitations.SESSION_KEY, None)
    record_authentication(request, user, method=METHOD, issuer=settings.OIDC["issuer"])
    return perform_login(request, Login(user=user, redirect_url=kept["next"] or None))


def _take(request: HttpRequest) -> dict:
    """Return what was kept when this browser was sent away, which can be used once; raises `OidcRefused`."""
    pending = request.session.get(PENDING, {})
    kept = pending.pop(request.GET.get("state", ""), None)
    request.session[PENDING] = pending
    if kept is None or time.time() - kept["at"] > PENDING_SECONDS:
        raise OidcRefused
    return kept


def _callback_of(request: HttpRequest) -> str:
    return urljoin(mail.site_of(request), reverse("account_oidc_callback"))


def _check_configured() -> None:
    if not settings.OIDC["issuer"]:
        raise Http404
