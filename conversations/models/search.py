"""What is searched: one row for each title, each message and each part of a file, with the terms that it is found by.

On PostgreSQL the terms are a `tsvector` with a GIN index. On SQLite they are text, from which triggers keep an FTS5
table. A migration that alters this table must make the triggers anew: SQLite drops them with the table it rebuilds.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery

from .attachment import Attachment

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
        return vector(value) if connection.vendor == "postgresql" else " ".join(value)


def vector(names: list[str]) -> str:
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
        """Return what this person may find; what is of a file, as long as a message has it that they may see."""
        said = Q(file=None, conversation__deleted_at=None)
        return self.filter(said | Exists(_sent(user)), owner=user)

    def with_attachment(self, user) -> "SearchQuerySet":
        """Return them with `attachment_id`: where their file was attached last, None for what is of no file."""
        return self.annotate(
            attachment_id=Subquery(_sent(user).order_by("-message__created_at", "pk").values("pk")[:1])
        )


def _sent(user) -> models.QuerySet[Attachment]:
    return Attachment.objects.visible_to(user).exclude(message=None).filter(file=OuterRef("file"))


class SearchEntry(models.Model):
    # Ascending in the order of writing, which is the order of what is found.
    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    # None: a part of a file, which may be attached in several conversations.
    conversation = models.ForeignKey("Conversation", models.CASCADE, null=True, related_name="+")
    # None: the conversation's title, or a part of a file.
    message = models.OneToOneField("Message", models.CASCADE, null=True, related_name="+")
    file = models.ForeignKey("StoredFile", models.CASCADE, null=True, db_index=False, related_name="+")
    # The positions of the passages that a part of a file has.
    first = models.PositiveIntegerField(null=True)
    last = models.PositiveIntegerField(null=True)
    terms = TermsField()

    # By `with_attachment`.
    attachment_id: uuid.UUID | None

    objects = SearchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "search entries"
        indexes = [
            models.Index(fields=["owner", "-id"], name="search_of_owner"),
            models.Index(fields=["file"], condition=~Q(file=None), name="search_of_file"),
        ]
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
