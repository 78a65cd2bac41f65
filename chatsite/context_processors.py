"""What every page knows without being told by its view."""

from django.conf import settings

from accounts import signup


def site(request) -> dict:
    """Return whether people may sign up, whose sign-in they may use, the looks the reader chose (`theme` "", "light" or
    "dark", `density` "" or "compact"), and for how many seconds a deletion can be undone."""
    user = getattr(request, "user", None)
    return {
        "signup_open": signup.is_offered,
        "organisation": settings.OIDC["name"] if settings.OIDC["issuer"] else "",
        "undo_seconds": f"{settings.UNDO_DELETE_SECONDS:g}",
        "theme": getattr(user, "theme", ""),
        "density": getattr(user, "density", ""),
    }
