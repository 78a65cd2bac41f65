"""Conditions whose values stand in the SQL itself.

SQLite looks into an index of some rows only where a query says word for word what the index is about. Values that are
passed beside the SQL are not seen in time: it read all rows instead.
"""

from collections.abc import Sequence

from django.db.models import F, Lookup


class _Is(Lookup):
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = {_quoted(self.rhs)}", parameters


class _IsOneOf(Lookup):
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} IN ({', '.join(map(_quoted, self.rhs))})", parameters


def literally(column: str, value: str) -> Lookup:
    """Return the condition that a column has this value, which is a word of the code."""
    return _Is(F(column), value)


def literally_one_of(column: str, values: Sequence[str]) -> Lookup:
    """Return the condition that a column has one of these values, which are words of the code."""
    return _IsOneOf(F(column), values)


def _quoted(word: str) -> str:
    # Nobody else's words come here; if ever they did, they would not end the SQL.
    if {"'", "%", "\\"} & set(word):
        raise ValueError(word)
    return f"'{word}'"
