"""What every page knows without being told by its view."""

from django.conf import settings


def site(request) -> dict:
    """Return whether people may sign up, and the theme the reader chose ("", "light" or "dark")."""
    return {
        "signup_open": settings.SIGNUP == "open",
        "theme": getattr(request.user, "theme", "") if hasattr(request, "user") else "",
    }
