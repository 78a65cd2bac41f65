"""The API as pages: what a call answers, and forms for the other calls of its address, for people who look around."""

import json
from typing import Any

from django.template.loader import render_to_string
from rest_framework import serializers
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.reverse import NoReverseMatch

METHODS = ("POST", "PATCH", "DELETE")


class PageRenderer(BrowsableAPIRenderer):
    """Answers as a page of this site, without the framework's own scripts and styles, which our policy does not run."""

    template = "api/browse.html"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        """Return the page of an answer."""
        if data is None:
            return ""
        view, request, response = (renderer_context[name] for name in ("view", "request", "response"))
        context = {
            "name": view.get_view_name(),
            "description": view.get_view_description(),
            "method": request.method,
            "address": request.get_full_path(),
            "status": f"{response.status_code} {response.status_text}",
            "headers": sorted((name, value) for name, value in response.items() if name != "Content-Type"),
            "content": JSONRenderer().render(data, renderer_context={"indent": 2}).decode(),
            "links": _links(view, data),
            "forms": [_form(view, method) for method in METHODS if method in view.allowed_methods],
        }
        return render_to_string(self.template, context, request=request._request)


def _links(view: Any, data: Any) -> list[tuple[str, str]]:
    """Return where one can go from here: names and addresses."""
    if not isinstance(data, dict):
        return []
    found = [(name.capitalize(), data[name]) for name in ("previous", "next") if data.get(name)]
    actions = getattr(view, "get_extra_action_url_map", None)
    found += actions().items() if actions else []
    for row in data.get("results", []):
        try:
            found.append((row.get("title") or row["id"], view.reverse_action("detail", args=[row["id"]])))
        except (AttributeError, KeyError, NoReverseMatch):
            break
    return found


def _form(view: Any, method: str) -> dict[str, Any]:
    """Return what a form for this method shows: the fields that may be sent, and a body with those that must be."""
    fields = _fields(view, method) if method != "DELETE" else {}
    needed = {name: "" for name, field in fields.items() if field.required}
    return {"method": method, "fields": list(fields), "body": json.dumps(needed, indent=2)}


def _fields(view: Any, method: str) -> dict[str, serializers.Field]:
    if not hasattr(view, "get_serializer"):
        return {}
    shown = getattr(view, "action", None)
    view.action = getattr(view, "action_map", {}).get(method.lower(), shown)
    try:
        return {name: field for name, field in view.get_serializer().fields.items() if not field.read_only}
    finally:
        view.action = shown
