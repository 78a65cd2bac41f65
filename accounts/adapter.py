"""How allauth's pages use this project: our limits, our verbs, our mail queue."""

from typing import Any
from urllib.parse import urljoin

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailConfirmation
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from . import audit, hashing, jobs, mail, people, throttles
from .addresses import client_address
from .models import User


class Adapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "That e-mail and password do not match.",
        "enter_current_password": "That is not your current password.",
        "incorrect_password": "That password is not right.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGNUP == "open"

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
        audit.note("sign_in.failed", target=user, why="suspended" if user.suspended_at else "inactive")
        if user.suspended_at:
            return render(request, "account/account_inactive.html", {"suspended": user}, status=403)
        return super().respond_user_inactive(request, user)

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
