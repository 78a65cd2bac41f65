"""Rules for what may be said: found in questions before they are sent, and in answers before they are told.

`alike` sees through look-alikes, `phrases`, `patterns` and `personal` are the kinds of rules, `matcher` looks for all
of them at once, `window` holds back what may become a match, `rules` has those that are live, `checking` applies them,
`watching` applies them to an answer that is written, `guard` asks a model, `flags` keeps what was found.
"""

from .checking import Refused, Verdict, check_instructions, check_question, check_texts
from .flags import Where, raise_for
from .matcher import Found, Matcher, Rule, masked
from .rules import Rules, know, live, refresh, rules_changed, withdraw_those_of
from .watching import Blocked, Watch, watch
from .window import Openings, Window

__all__ = [
    "Blocked",
    "Found",
    "Matcher",
    "Openings",
    "Refused",
    "Rule",
    "Rules",
    "Verdict",
    "Watch",
    "Where",
    "Window",
    "check_instructions",
    "check_question",
    "check_texts",
    "know",
    "live",
    "masked",
    "raise_for",
    "refresh",
    "rules_changed",
    "watch",
    "withdraw_those_of",
]
