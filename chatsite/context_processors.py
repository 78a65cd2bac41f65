"""What every page knows without being told by its view."""

from django.conf import settings


def site(request) -> dict:
    """Return whether people may sign up, the theme the reader chose ("", "light" or "dark"), and for how many seconds
    a deletion can be undone."""
    return {
        "signup_open": settings.SIGNUP == "open",
        "undo_seconds": f"{settings.UNDO_DELETE_SECONDS:g}",
        "theme": getattr(request.user, "theme", "") if hasattr(request, "user") else "",
    }
