"""What cannot be done with an account, told as a page."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .errors import AccountError


def tells_errors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return the view with an `AccountError`, such as too many attempts, told as a page with its status and headers."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except AccountError as error:
            # With it comes the REST framework, which commands and the admin do not need before.
            from chatsite.errors import problem

            template = "accounts/refused.html"
            page = problem(request, status=error.status, code=error.code, detail=error.detail, template=template)
            for name, value in error.headers.items():
                page[name] = value
            return page

    return wrapper
