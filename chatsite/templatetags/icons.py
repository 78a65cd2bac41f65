"""Icons of the sprite `static/icons.svg`."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, modifier: str = "") -> SafeString:
    """Return the SVG of the icon `i-<name>`, hidden from screen readers; `modifier` is a further class."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f"icon {modifier}".strip(),
        static("icons.svg"),
        name,
    )
