"""The list of chats beside pages of other apps, which know nothing of it."""

from django import template
from django.template import Context

from .. import sidebar

register = template.Library()


@register.simple_tag(takes_context=True)
def chats_beside(context: Context) -> str:
    """Make known what the templates of the list need; shows nothing itself."""
    if "groups" not in context:
        for name, value in sidebar.context(context["request"]).items():
            context[name] = value
    return ""
