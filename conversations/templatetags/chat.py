"""What templates need to show a conversation."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from ..rendering import render

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Return a model's words as HTML, made safe by the one renderer."""
    return mark_safe(render(text))
