"""The account pages: allauth's, with our limits on guessing and our way of making an account."""

from collections.abc import Callable
from functools import wraps
from typing import cast

from allauth.account import views as allauth_views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_POST

from chatsite.errors import problem

from . import people, throttles
from .errors import AccountError, InvalidFields
from .models import User


def tells_errors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return the view with an `AccountError`, such as too many attempts, told as a page with its status and headers."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except AccountError as error:
            template = "accounts/refused.html"
            page = problem(request, status=error.status, code=error.code, detail=error.detail, template=template)
            for name, value in error.headers.items():
                page[name] = value
            return page

    return wrapper


class SignupView(allauth_views.SignupView):
    def form_valid(self, form) -> HttpResponse:
        throttles.consume("signup", self.request)
        try:
            return super().form_valid(form)
        except InvalidFields as error:
            for field, sentences in error.fields.items():
                form.add_error(field, sentences)
            return self.form_invalid(form)


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
signup = tells_errors(SignupView.as_view())
reauthenticate = tells_errors(allauth_views.reauthenticate)
password_change = tells_errors(allauth_views.password_change)
password_reset = tells_errors(PasswordResetView.as_view())
password_reset_from_key = tells_errors(PasswordResetFromKeyView.as_view())


@login_required
@require_POST
@tells_errors
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme this person chose."""
    people.change_preferences(user=cast(User, request.user), theme=request.POST.get("theme", ""))
    return HttpResponse(status=204)
