"""The audit ledger: `audit.enter(...)` puts down what was done, in the transaction that does it."""

from .actions import ACTIONS, GROUPS
from .entering import enter, enter_late, note
from .origin import Origin, coming_from, of_socket
from .people import email_digest

__all__ = ["ACTIONS", "GROUPS", "Origin", "coming_from", "email_digest", "enter", "enter_late", "note", "of_socket"]
