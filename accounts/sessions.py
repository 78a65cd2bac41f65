"""Where the sessions of browsers are kept: in the database, as Django does it."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's own, for which a key that Django cannot have made is none."""

    def __init__(self, session_key: str | None = None) -> None:
        # PostgreSQL would fail on a NUL, and a cookie may say anything.
        known = session_key and session_key.isascii() and session_key.isalnum()
        super().__init__(session_key if known else None)
