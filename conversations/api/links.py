"""Addresses of this site, as answers tell them to programs."""

from urllib.parse import urlencode, urljoin

from django.conf import settings
from rest_framework.request import Request


def absolute(request: Request, path: str, **query: object) -> str:
    """Return the whole address of a path with this query, under PUBLIC_URL if there is one, else as it was asked."""
    site = settings.PUBLIC_URL or request.build_absolute_uri("/")
    return urljoin(site, path) + (f"?{urlencode(query)}" if query else "")
