"""Who asks, where only somebody who is signed in gets: behind `login_required` and in the admin."""

from typing import cast

from django.http import HttpRequest

from .models import User


def who_asks(request: HttpRequest) -> User:
    """Return the person who is signed in."""
    return cast(User, request.user)
