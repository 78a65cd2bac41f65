"""What is searched: one row for each title and each message, with the terms that it is found by.

On PostgreSQL the terms are a `tsvector` with a GIN index. On SQLite they are text, from which triggers keep an FTS5
table. A migration that alters this table must make the triggers anew: SQLite drops them with the table it rebuilds.
"""

from django.conf import settings
from django.db import models

# PostgreSQL keeps so many positions of a term, and none beyond the last one.
POSITIONS_KEPT = 255
POSITION_LAST = 16_383


class TermsField(models.Field):
    """The names of a text's terms, in order; they hold no white space and no punctuation but `@`."""

    def db_type(self, connection) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_placeholder(self, value, compiler, connection) -> str:
        return "%s::tsvector" if connection.vendor == "postgresql" else "%s"

    def get_db_prep_value(self, value, connection, prepared=False):
        return _vector(value) if connection.vendor == "postgresql" else " ".join(value)


def _vector(names: list[str]) -> str:
    """Return the terms as PostgreSQL reads a `tsvector`: each once, with its positions."""
    positions: dict[str, list[str]] = {}
    for position, name in enumerate(names[:POSITION_LAST], start=1):
        known = positions.setdefault(name, [])
        if len(known) < POSITIONS_KEPT:
            known.append(str(position))
    return " ".join(f"'{name}':{','.join(at)}" for name, at in positions.items())


@TermsField.register_lookup
class Matches(models.Lookup):
    """Whether a row is found by a `search.Query` of one person."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_postgresql(self, compiler, connection):
        terms, parameters = self.process_lhs(compiler, connection)
        return f"{terms} @@ %s::tsquery", [*parameters, self.rhs.for_postgresql()]

    def as_sqlite(self, compiler, connection):
        row = f"{compiler.quote_name_unless_alias(self.lhs.alias)}.id"
        found = "SELECT rowid FROM conversations_searchtext WHERE conversations_searchtext MATCH %s"
        return f"{row} IN ({found})", [self.rhs.for_sqlite()]


@TermsField.register_lookup
class MatchToo(Matches):
    """The same, for rows that are found by something else: SQLite would begin with all that the query finds."""

    lookup_name = "match_too"

    def as_sqlite(self, compiler, connection):
        condition, parameters = super().as_sqlite(compiler, connection)
        return f"+{condition}", parameters


class SearchQuerySet(models.QuerySet["SearchEntry"]):
    def visible_to(self, user) -> "SearchQuerySet":
        """Return what this person may find."""
        return self.filter(owner=user, conversation__deleted_at=None)


class SearchEntry(models.Model):
    # Ascending in the order of writing, which is the order of what is found.
    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="+")
    # None: the conversation's title.
    message = models.OneToOneField("Message", models.CASCADE, null=True, related_name="+")
    terms = TermsField()

    objects = SearchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "search entries"
        indexes = [models.Index(fields=["owner", "-id"], name="search_of_owner")]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(message=None), name="one_search_entry_per_title"
            )
        ]

    def __str__(self) -> str:
        return f"Search entry {self.pk}"

    @property
    def says_something(self) -> bool:
        """Whether there is a term beside the owner's."""
        return len(self.terms) > 1
