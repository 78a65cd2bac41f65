"""What every page knows without being told by its view."""

from django.conf import settings


def site(request) -> dict:
    """Return whether people may sign up, the looks the reader chose (`theme` "", "light" or "dark", `density` "" or
    "compact"), and for how many seconds a deletion can be undone."""
    user = getattr(request, "user", None)
    return {
        "signup_open": settings.SIGNUP == "open",
        "undo_seconds": f"{settings.UNDO_DELETE_SECONDS:g}",
        "theme": getattr(user, "theme", ""),
        "density": getattr(user, "density", ""),
    }
