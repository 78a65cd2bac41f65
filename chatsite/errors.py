"""Errors as the outside sees them: `{"code", "detail", "request_id"}` for programs, a page for people."""

import logging
import sys
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import Error, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from chatsite import metrics

logger = logging.getLogger(__name__)

API_PREFIXES = ("/api/", "/v1/")
RETRY_DATABASE_SECONDS = 5

CODES = {
    "parse_error": "bad_request",
    "authentication_failed": "not_authenticated",
    "throttled": "too_many_requests",
    "not_acceptable": "not_acceptable",
}


def handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return the API's answer to an exception of a view; None for one that nobody foresaw, which becomes a 500."""
    described = _describe(exc)
    if described is None:
        return None
    set_rollback()
    status, body, headers = described
    body["request_id"] = request_id(context["request"])
    return Response(body, status=status, headers=headers)


def request_id(request: Any) -> str:
    """Return the name of this request in the log."""
    return str(getattr(request, "id", "") or "")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400, or 413 to a form that is too large."""
    if isinstance(exception, RequestDataTooBig):
        detail = gettext("This form is too large.")
        return problem(request, status=413, code="too_large", detail=detail, template="400.html")
    return problem(
        request, status=400, code="bad_request", detail=gettext("This request cannot be read."), template="400.html"
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return problem(request, status=403, code="forbidden", detail=gettext("You may not do this."), template="403.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    detail = gettext("There is nothing here, or it is not yours.")
    return problem(request, status=404, code="not_found", detail=detail, template="404.html")


def wrong_address(request: HttpRequest, *, right: str) -> HttpResponse:
    """Answer 404, and name the address that was meant."""
    detail = gettext("There is nothing at this address. The one you mean ends with a slash: %(right)s") % {
        "right": right
    }
    return problem(request, status=404, code="not_found", detail=detail, template="404.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that was not sent from a page of ours."""
    logger.warning("CSRF: %s", reason)
    detail = gettext(
        "This form was not sent from a page of this site, or the page was too old. Reload it and try again."
    )
    return problem(request, status=403, code="csrf_failed", detail=detail, template="403.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 while the database cannot be reached."""
    error = sys.exc_info()[1]
    if isinstance(error, Error):
        metrics.database_errors.add(type(error).__name__)
    if isinstance(error, OperationalError | InterfaceError):
        body: dict[str, Any] = {
            "code": "unavailable",
            "detail": gettext("The database cannot be reached. Try again in a moment."),
        }
        status, headers = 503, {"Retry-After": str(RETRY_DATABASE_SECONDS)}
    else:
        body = {"code": "server_error", "detail": gettext("The mistake is ours and has been written to the log.")}
        status, headers = 500, {}
    if _is_api(request):
        return JsonResponse(body | {"request_id": request_id(request)}, status=status, headers=headers)
    # Without the request no context processor runs: what broke this request would break them as well.
    return HttpResponse(render_to_string("500.html"), status=status, headers=headers)


def problem(request: HttpRequest, *, status: int, code: str, detail: str, template: str) -> HttpResponse:
    """Return an error as JSON under the API's addresses, else as the page made from `template` with `detail`."""
    if _is_api(request):
        return JsonResponse({"code": code, "detail": detail, "request_id": request_id(request)}, status=status)
    return HttpResponse(render_to_string(template, {"detail": detail, "code": code}, request), status=status)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIXES)


def _describe(exc: Exception) -> tuple[int, dict[str, Any], dict[str, str]] | None:
    if isinstance(exc, exceptions.ValidationError):
        return 400, _describe_validation(exc), {}
    if isinstance(exc, exceptions.Throttled):
        headers = {"Retry-After": str(max(1, round(exc.wait)))} if exc.wait else {}
        return 429, {"code": "too_many_requests", "detail": str(exc.detail)}, headers
    if isinstance(exc, exceptions.APIException):
        code = exc.get_codes() if isinstance(exc.detail, str) else exc.default_code
        headers = {"WWW-Authenticate": exc.auth_header} if hasattr(exc, "auth_header") else {}
        return exc.status_code, {"code": CODES.get(code, code), "detail": str(exc.detail)}, headers
    if isinstance(exc, Http404):
        return 404, {"code": "not_found", "detail": gettext("There is nothing here, or it is not yours.")}, {}
    if isinstance(exc, PermissionDenied):
        return 403, {"code": "forbidden", "detail": gettext("You may not do this.")}, {}
    if isinstance(exc, RequestDataTooBig):
        return 413, {"code": "too_large", "detail": gettext("The body of this request is too large.")}, {}
    if isinstance(exc, SuspiciousOperation):
        return 400, {"code": "bad_request", "detail": gettext("This request cannot be read.")}, {}
    if isinstance(exc, OperationalError | InterfaceError):
        logger.error("The database cannot be reached: %s", exc)
        metrics.database_errors.add(type(exc).__name__)
        detail = gettext("The database cannot be reached. Try again in a moment.")
        return 503, {"code": "unavailable", "detail": detail}, {"Retry-After": str(RETRY_DATABASE_SECONDS)}
    return _describe_own(exc)


def _describe_own(exc: Exception) -> tuple[int, dict[str, Any], dict[str, str]] | None:
    """Describe an error of the project by its shape, because each app has its own family of them."""
    status, code, detail = (getattr(exc, name, None) for name in ("status", "code", "detail"))
    if not isinstance(status, int) or not isinstance(code, str) or not isinstance(detail, str):
        return None
    body: dict[str, Any] = {"code": code, "detail": detail, **getattr(exc, "extra", {})}
    if fields := getattr(exc, "fields", None):
        body["fields"] = fields
    headers = dict(getattr(exc, "headers", {}))
    retry_after = getattr(exc, "retry_after", None) or body.get("retry_after")
    if retry_after and "Retry-After" not in headers:
        headers["Retry-After"] = str(max(1, round(retry_after)))
    if status == 401:
        headers.setdefault("WWW-Authenticate", 'Bearer realm="api"')
    return status, body, headers


def _describe_validation(exc: exceptions.ValidationError) -> dict[str, Any]:
    detail, codes = exc.detail, exc.get_codes()
    if not isinstance(detail, dict):
        return {"code": "invalid", "detail": " ".join(_sentences(detail))}
    unknown = sorted(name for name, code in codes.items() if "unknown_field" in _sentences(code))
    if unknown:
        return {
            "code": "unknown_field",
            "detail": gettext("There is no field %(unknown)s.") % {"unknown": ", ".join(unknown)},
            "fields": _by_field(detail),
        }
    fields = _by_field(detail)
    named = [f"{name}: {' '.join(sentences)}" for name, sentences in fields.items()]
    return {"code": "invalid", "detail": " ".join(named), "fields": fields}


def _by_field(detail: dict) -> dict[str, list[str]]:
    return {str(name): _sentences(sentences) for name, sentences in detail.items()}


def _sentences(detail: Any) -> list[str]:
    if isinstance(detail, dict):
        return [sentence for value in detail.values() for sentence in _sentences(value)]
    if isinstance(detail, list):
        return [sentence for value in detail for sentence in _sentences(value)]
    return [str(detail)]
