"""Rules, and what makes them live."""

from collections.abc import Callable

import pytest

from conversations import moderation
from conversations.models import ModerationRule
from conversations.moderation import Matcher, Rule, rules
from tests.usage.conftest import stage  # noqa: F401


def rule(*lines: str, kind: str = "words", action: str = "block", number: int = 1, **fields) -> Rule:
    """Return a rule as it is applied."""
    usual = {"name": f"Rule {number}", "severity": "high", "places": frozenset({"question", "answer"})}
    return Rule(id=number, kind=kind, lines=lines, action=action, **usual | fields)


def matcher(*lines: str, **fields) -> Matcher:
    """Return what finds one rule."""
    return Matcher([rule(*lines, **fields)])


def write(*lines: str, **fields) -> ModerationRule:
    """Return a rule that is live, and known to be."""
    name = fields.pop("name", f"Rule {ModerationRule.objects.count() + 1}")
    groups = fields.pop("groups", ())
    row = ModerationRule.objects.create(name=name, patterns="\n".join(lines), state="live", **fields)
    row.groups.set(groups)
    rules.refresh()
    return row


@pytest.fixture
def live(db) -> Callable[..., ModerationRule]:
    """Write rules that are live at once."""
    moderation.know(None)
    return write
