"""Small things that several pages show."""

import uuid

from django import template
from django.conf import settings

register = template.Library()

# Above this an answer's duration is shown in whole seconds.
WHOLE_SECONDS_FROM = 10


@register.simple_tag
def new_id() -> str:
    """Return a fresh UUID, the client_id of a form that is sent without JavaScript."""
    return str(uuid.uuid4())


@register.simple_tag
def message_max_bytes() -> int:
    """Return how long a question may be, in bytes of UTF-8."""
    return settings.MESSAGE_MAX_BYTES


@register.filter
def seconds(milliseconds: int) -> str:
    """Return a duration in milliseconds as seconds for people: "0.8 s", "14 s"."""
    value = milliseconds / 1000
    return f"{value:.0f} s" if value >= WHOLE_SECONDS_FROM else f"{value:.1f} s"


@register.filter
def thousands(tokens: int) -> str:
    """Return a number of tokens as people say it: "512", "8k", "128k"."""
    return f"{round(tokens / 1024)}k" if tokens >= 1024 else str(tokens)


@register.filter
def model_name(model: str | None) -> str:
    """Return what people call the model with this id: without its provider and without Ollama's `:latest`."""
    _, _, name = (model or "").partition("/")
    return (name or model or "No model").removesuffix(":latest")
