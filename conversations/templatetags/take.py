"""What templates need to show what can be taken along."""

from django import template

from .. import exports

register = template.Library()

# With all branches, for programs and for import.
COMPLETE = ("json", "zip")


@register.simple_tag
def reading_kinds() -> list[tuple[str, exports.Kind]]:
    """Return the formats for people, each with its name."""
    return [(name, kind) for name, kind in exports.KINDS.items() if name not in COMPLETE]


@register.simple_tag
def keeping_kinds() -> list[tuple[str, exports.Kind]]:
    """Return the formats that hold everything, each with its name."""
    return [(name, kind) for name, kind in exports.KINDS.items() if name in COMPLETE]
