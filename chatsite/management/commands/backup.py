"""`manage.py backup PATH`: the database and all attached files in one archive, while everything goes on."""

import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatsite.copies import CopyError, archive


class Command(BaseCommand):
    help = "Write the database and all attached files into one archive; the server may go on meanwhile."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="the new file, or a folder for one named by the time")

    def handle(self, *, path: Path, **options):
        if path.is_dir():
            path = path / f"chatsite-{timezone.now():%Y%m%d-%H%M%S}.tar.gz"
        began = time.monotonic()
        try:
            manifest = archive.back_up(path, say=self.stdout.write)
        except CopyError as error:
            raise CommandError(str(error)) from error
        size, took = path.stat().st_size / 1024**2, time.monotonic() - began
        self.stdout.write(f"{path}: {manifest.rows:,} rows and {manifest.files:,} files, {size:.1f} MB, {took:.0f} s.")
        if manifest.missing:
            self.stdout.write(f"{manifest.missing:,} files were not in the storage: see `manage.py doctor`.")
        self.stdout.write(
            "It can be read by whoever has it: keep it as safe as the installation. The SECRET_KEY is not in it. Keep"
            " that elsewhere: without it second steps cannot be used, and sealed messages cannot be read."
        )
