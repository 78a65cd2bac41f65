"""What this installation offers, as pages have to know it: transcription, temporary chats, and places with models."""

from django import template
from django.conf import settings

from conversations import dictation
from llm import standing
from llm.catalog import Listing

register = template.Library()


@register.simple_tag
def transcription() -> dict[str, int] | None:
    """Return how many `seconds` a recording may last, None where the server turns none into text."""
    return {"seconds": settings.TRANSCRIPTION["longest_seconds"]} if dictation.offered() else None


@register.simple_tag
def temporary_chats() -> bool:
    """Whether there are chats that nobody keeps."""
    return settings.TEMPORARY_CHATS


@register.simple_tag
def places_with_models(listing: Listing) -> str:
    """Return in sentences where models were found, empty before anybody was asked."""
    return " ".join(standing.found(listing))
