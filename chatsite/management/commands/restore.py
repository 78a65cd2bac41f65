"""`manage.py restore PATH`: what `backup` has written, into this installation."""

import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from chatsite.copies import CopyError, archive


class Command(BaseCommand):
    help = "Let this installation hold what an archive of `manage.py backup` holds. Stop the server before."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path)
        parser.add_argument("--overwrite", action="store_true", help="even if people have something here: it is lost")
        parser.add_argument("--check", action="store_true", help="only tell whether the archive is whole")

    def handle(self, *, path: Path, overwrite: bool, check: bool, **options):
        began = time.monotonic()
        try:
            manifest = (
                archive.read(path) if check else archive.restore(path, overwrite=overwrite, say=self.stdout.write)
            )
        except CopyError as error:
            raise CommandError(str(error)) from error
        what = f"{manifest.rows:,} rows and {manifest.files:,} files of {manifest.made_at}"
        done = "is whole" if check else "is restored and equal"
        self.stdout.write(f"{what}: all of it {done}, after {time.monotonic() - began:.0f} s.")
        if manifest.secret != archive.secret_fingerprint():
            self.stdout.write(
                "The SECRET_KEY here is not the one of the backup: all are signed out, second steps cannot be used,"
                " sealed messages not read, and no e-mail address found in the audit ledger. Set the old one."
            )
