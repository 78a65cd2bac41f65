"""`manage.py move_database --to URL`: from SQLite to an empty PostgreSQL, checked row by row."""

import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from huey.contrib.djhuey import HUEY

from chatsite.copies import CopyError, moving


class Command(BaseCommand):
    help = "Copy all rows of the embedded SQLite database to an empty PostgreSQL, and compare them there."

    def add_arguments(self, parser):
        parser.add_argument(
            "--to", required=True, metavar="URL", help="such as postgres://user:password@host:5432/name"
        )

    def handle(self, *, to: str, **options):
        if not settings.EMBEDDED_DATABASE:
            raise CommandError("This installation does not use SQLite: DATABASE_URL is set.")
        if not to.startswith(("postgres://", "postgresql://")):
            raise CommandError("--to is the URL of a PostgreSQL database, such as postgres://user@host:5432/name.")
        if waiting := HUEY.pending_count():
            self.stdout.write(f"{waiting:,} messages of the job queue stay behind: let a worker send its mail first.")
        began = time.monotonic()
        try:
            copied = moving.move(Path(settings.DATABASES["default"]["NAME"]), to, say=self.stdout.write)
        except CopyError as error:
            raise CommandError(f"Nothing was moved. {error}") from error
        rows = sum(tally.rows for tally in copied.values())
        self.stdout.write(f"{rows:,} rows of {len(copied)} tables are equal there, {time.monotonic() - began:.0f} s.")
        self.stdout.write(
            "Set DATABASE_URL to it now, and SECRET_KEY to what this installation has had"
            f" ({settings.DATA_DIR / 'secret_key'} unless you set one): with another, second steps cannot be used and"
            " sealed messages cannot be read. Keep DATA_DIR: attached files stay there."
        )
