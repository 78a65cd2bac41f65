"""Icons of the sprite `static/icons.svg`."""

from functools import cache

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# What points along the line, or to its beginning: these are turned where one reads from right to left.
SIDEWAYS = {"arrow-right", "chevron-left", "chevron-right", "logout", "panel"}


@register.simple_tag(takes_context=True)
def icon(context: Context, name: str, modifier: str = "") -> SafeString:
    """Return the SVG of the icon `i-<name>`, hidden from screen readers; `modifier` is a further class.

    A page that brings its own sprite says so by `own_icons`.
    """
    return _svg(name, modifier, own_sprite=bool(context.get("own_icons")))


@cache
def _svg(name: str, modifier: str, *, own_sprite: bool) -> SafeString:
    # A thread has hundreds of them, and the address of the sprite is the same for as long as a process lives.
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        " ".join(filter(None, ("icon", "sideways" if name in SIDEWAYS else "", modifier))),
        "" if own_sprite else static("icons.svg"),
        name,
    )
