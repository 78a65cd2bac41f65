"""The account pages: allauth's, with our limits on guessing and our way of making an account."""

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from . import invitations, people, signup, throttles
from .errors import InvalidFields, InvitationNotValid
from .signed_in import who_asks
from .telling import tells_errors


class SignupView(allauth_views.SignupView):
    def get_initial(self) -> dict:
        """Return the address that an invitation is for, if this browser came with one."""
        initial = super().get_initial()
        if secret := signup.invited_by(self.request):
            initial["email"] = invitations.find(secret).email or initial.get("email", "")
        return initial

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except InvitationNotValid:
            # Whoever may come without one can try again.
            request.session.pop(invitations.SESSION_KEY, None)
            raise

    def closed(self) -> HttpResponse:
        """Return the page for whom no account can be made here."""
        told = {"by_invitation": settings.SIGNUP == signup.INVITE}
        return render(self.request, self.template_name_signup_closed, told)

    def get_context_data(self, **kwargs) -> dict:
        invited = bool(signup.invited_by(self.request))
        told = {"invited": invited, "has_to_wait": settings.SIGNUP == signup.APPROVAL and not invited}
        return super().get_context_data(**kwargs) | told

    def form_valid(self, form) -> HttpResponse:
        throttles.consume("signup", self.request)
        try:
            return super().form_valid(form)
        except InvalidFields as error:
            for field, sentences in error.fields.items():
                form.add_error(field, sentences)
            return self.form_invalid(form)


@never_cache
@require_safe
def open_invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Keep the invitation that this link is, and go on to the page that makes an account with it."""
    throttles.check("invitation", request)
    # Who comes by their organisation's sign-in may have to be invited where nobody else may come at all.
    elsewhere = settings.SIGNUP == signup.CLOSED and bool(settings.OIDC["issuer"])
    try:
        signup.check(secret, mode=settings.OIDC["signup"] if elsewhere else "")
    except InvitationNotValid:
        throttles.count("invitation", request)
        raise
    request.session[invitations.SESSION_KEY] = secret
    return redirect("account_login" if elsewhere else "account_signup")


class PasswordResetView(allauth_views.PasswordResetView):
    def form_valid(self, form) -> HttpResponse:
        throttles.consume("password_reset", self.request, account=form.cleaned_data["email"])
        return super().form_valid(form)


class PasswordResetFromKeyView(allauth_views.PasswordResetFromKeyView):
    def dispatch(self, request: HttpRequest, uidb36: str, key: str, **kwargs) -> HttpResponseBase:
        throttles.check("password_reset_key", request)
        return super().dispatch(request, uidb36, key, **kwargs)

    def get_context_data(self, **kwargs) -> dict:
        if kwargs.get("token_fail"):
            throttles.count("password_reset_key", self.request)
        return super().get_context_data(**kwargs)


login = tells_errors(allauth_views.login)
sign_up = tells_errors(SignupView.as_view())
invitation = tells_errors(open_invitation)


class ReauthenticateView(allauth_views.ReauthenticateView):
    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        """Ask for the second step where there is one: the password alone confirms nothing then."""
        methods = get_adapter(request).get_reauthentication_methods(request.user)
        if methods and methods[0]["id"] != "reauthenticate":
            return redirect(f"{methods[0]['url']}?{request.GET.urlencode()}")
        return super().dispatch(request, *args, **kwargs)


reauthenticate = tells_errors(ReauthenticateView.as_view())
password_change = tells_errors(allauth_views.password_change)
password_reset = tells_errors(PasswordResetView.as_view())
password_reset_from_key = tells_errors(PasswordResetFromKeyView.as_view())


@login_required
@require_POST
@tells_errors
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme this person chose."""
    people.change_preferences(user=who_asks(request), theme=request.POST.get("theme", ""))
    return HttpResponse(status=204)
