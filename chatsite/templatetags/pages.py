"""Small things that several pages show."""

import uuid
from functools import cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

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
    return f"{number_format(f'{value:.0f}' if value >= WHOLE_SECONDS_FROM else f'{value:.1f}')} s"


@register.filter
def thousands(tokens: int) -> str:
    """Return a number of tokens as people say it: "512", "8k", "128k"."""
    return f"{round(tokens / 1024)}k" if tokens >= 1024 else str(tokens)


@register.simple_tag
def model_title(model: str | None, listing) -> str:
    """Return what people call the model with this id: its title of the listing, else its name."""
    titles = {each.id: each.title for each in listing.models}
    return titles.get(model or "") or model_name(model)


@register.filter
def model_name(model: str | None) -> str:
    """Return what people call the model with this id: without its provider and without Ollama's `:latest`."""
    _, _, name = (model or "").partition("/")
    return (name or model or gettext("No model")).removesuffix(":latest")


@register.simple_tag
def words() -> SafeString:
    """Return the scripts that give the others their words; deferred, they run before every module."""
    language = get_language() or ""
    files = [f"js/words/{language}.js"] * (language in _catalogs()) + ["js/words.js"]
    return format_html_join("\n  ", '<script src="{}" defer></script>', [(static(file),) for file in files])


@cache
def _catalogs() -> set[str]:
    return {path.stem for path in (settings.BASE_DIR / "static/js/words").glob("*.js")}
