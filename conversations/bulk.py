"""Writing many rows at once, with the times that they say instead of now."""

from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS, connections, models


def insert(rows: Iterable[models.Model]) -> None:
    """Insert new rows of one model, faster than `bulk_create` and without what it fills in by itself."""
    rows = list(rows)
    if not rows:
        return
    # The connection itself: the usual proxy looks for it at each use.
    connection = connections[DEFAULT_DB_ALIAS]
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(meta.db_table)
    values = (
        tuple(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields) for row in rows
    )
    # The names are our models' own; what they hold travels beside the statement.
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for written in values:
                    copy.write_row(written)
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(values))
    for row in rows:
        # From now on to save one is to change it.
        row._state.adding, row._state.db = False, connection.alias
