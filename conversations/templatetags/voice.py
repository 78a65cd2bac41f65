"""What pages have to know of dictation."""

from django import template
from django.conf import settings

from conversations import dictation

register = template.Library()


@register.simple_tag
def transcription() -> dict[str, int] | None:
    """Return how many `seconds` a recording may last, None where the server turns none into text."""
    return {"seconds": settings.TRANSCRIPTION["longest_seconds"]} if dictation.offered() else None
