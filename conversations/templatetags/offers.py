"""What this installation offers, as pages have to know it: transcription and temporary chats."""

from django import template
from django.conf import settings

from conversations import dictation

register = template.Library()


@register.simple_tag
def transcription() -> dict[str, int] | None:
    """Return how many `seconds` a recording may last, None where the server turns none into text."""
    return {"seconds": settings.TRANSCRIPTION["longest_seconds"]} if dictation.offered() else None


@register.simple_tag
def temporary_chats() -> bool:
    """Whether there are chats that nobody keeps."""
    return settings.TEMPORARY_CHATS
