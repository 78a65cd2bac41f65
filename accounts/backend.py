"""Whose password it is: the one way in which allauth looks a person up."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser

from .models import User


class Backend(AuthenticationBackend):
    """allauth's own, for which an account has one address: an address that waits to be confirmed is nobody's yet."""

    def _authenticate_by_email(self, email: str, password: str) -> AbstractBaseUser | None:
        return self._check_password(User.objects.filter(email=email.lower()).first(), password)
