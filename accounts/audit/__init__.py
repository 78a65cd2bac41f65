"""The audit ledger: `audit.enter(...)` puts down what was done, in the transaction that does it."""

from .actions import ACTIONS
from .entering import enter, enter_late, note
from .origin import Origin, coming_from
from .people import email_digest

__all__ = ["ACTIONS", "Origin", "coming_from", "email_digest", "enter", "enter_late", "note"]
