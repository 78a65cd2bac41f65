"""Copies of everything: a backup in one archive, and the move from SQLite to PostgreSQL.

`tables` says what there is to copy and what a row is, whatever the database; `archive` keeps a backup, `embedded` and
`server` know how each database gives and takes all it has, and `moving` goes from one to the other.
"""

from chatsite import processes


class CopyError(Exception):
    """Why something cannot be copied, in a sentence."""


def check_nobody_serves() -> None:
    """Raise CopyError where a server of this DATA_DIR runs: what it writes from then on would be lost."""
    if processes.somebody_serves():
        raise CopyError("Chatsite is running here. Stop it first: what is said meanwhile would be lost.")
