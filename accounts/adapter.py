"""How allauth's pages use this project: our limits, our verbs, our mail queue."""

from typing import Any
from urllib.parse import urljoin

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from . import audit, factors, hashing, jobs, mail, people, signup, throttles
from .addresses import client_address
from .errors import shut_out
from .models import User


class Adapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("That e-mail and password do not match."),
        "enter_current_password": _("That is not your current password."),
        "incorrect_password": _("That password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return signup.is_open_to(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return whose credentials these are; raises `TooManyAttempts`. Pages and API both come through here."""
        account = str(credentials.get("email", ""))
        throttles.check("login", request, account=account)
        with hashing.slot():
            # Asked again once it is our turn: many guesses sent at once stood in line beside each other.
            throttles.check("login", request, account=account)
            user = super().authenticate(request, **credentials)
            if user is None:
                throttles.count("login", request, account=account)
                audit.note("sign_in.failed", email=account, why="wrong password or no such account")
        return user

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        audit.note("sign_in.failed", target=user, why=shut_out(user).code)
        return self.shut_page(request, user)

    def shut_page(self, request: HttpRequest, user: User, *, status: int = 403) -> HttpResponse:
        """Return the page that says why nobody is let in as this person."""
        return render(request, "account/account_inactive.html", {"why": shut_out(user), "shut": user}, status=status)

    def get_reauthentication_methods(self, user: Any) -> list[dict]:
        """Return how this person confirms that it is them: by the second step where there is one, not by the password.

        Whoever sits at an open page and knows the password could turn the second step off.
        """
        methods = super().get_reauthentication_methods(user)
        if not (user.is_authenticated and factors.is_on(user=user)):
            return methods
        second = [each for each in methods if each["id"] != "reauthenticate"]
        # Without an app, codes are for whoever has lost the passkey: they come last.
        return second if is_mfa_enabled(user, [Authenticator.Type.TOTP]) else second[::-1]

    def clean_password(self, password: str, user: User | None = None) -> str:
        if found := people.password_problems(password, user=user or User()):
            raise ValidationError(found)
        return password

    def set_password(self, user: User, password: str) -> None:
        people.change_password(user=user, password=password)

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return super().is_safe_url(url)
        except ValueError:
            # Not even an address, such as "http://[".
            return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        return urljoin(mail.site_of(request), reverse("account_confirm_email", args=[emailconfirmation.key]))

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        message = self.render_mail(template_prefix, email, context)
        jobs.queue_mail(subject=message.subject, body=message.body, to=email)
