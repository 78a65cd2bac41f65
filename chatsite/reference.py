"""The API's description: a document for programs, and two pages for people."""

from functools import cache
from typing import Any

from csp.constants import NONCE
from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from . import languages
from .queries import StrictQuery


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document; it is the same for everybody, so it is made once per process."""
    with languages.neutral():
        return SchemaGenerator().get_schema(request=None, public=True)


@method_decorator(never_cache, name="dispatch")
class SchemaView(StrictQuery):
    renderer_classes = [OpenApiJsonRenderer2]

    @extend_schema(
        operation_id="read_schema",
        tags=["Description"],
        summary="Read this description",
        responses={200: {"type": "object", "required": ["openapi", "info", "paths"]}},
    )
    def get(self, request: Request) -> Response:
        """The OpenAPI 3.1 document of this API, as JSON."""
        return Response(document())


@login_required
@require_safe
@never_cache
def docs(request: HttpRequest) -> HttpResponse:
    """Show every call, to be tried out as the person who is signed in."""
    return render(request, "api/docs.html")


# Redoc writes its own style sheet when it starts; the nonce lets in that one and no other.
@csp_update({"style-src": [NONCE]})
@login_required
@require_safe
@never_cache
def redoc(request: HttpRequest) -> HttpResponse:
    """Show every call, to be read."""
    return render(request, "api/redoc.html")
