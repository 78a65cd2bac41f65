"""`manage.py audit verify` and `manage.py audit anchor`: whether the ledger is what it was."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.audit import verification


class Command(BaseCommand):
    help = "Verifies the audit ledger, or writes down its head."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="what", required=True)
        verify = kinds.add_parser("verify", help="Find the first entry that was changed, removed, put in or moved.")
        verify.add_argument("--export", type=Path, help="Verify an exported file instead of the database.")
        verify.add_argument("--anchors", type=Path, default=None, help="A file of anchors; else the setting.")
        anchor = kinds.add_parser("anchor", help="Print the head, and append it to AUDIT_ANCHOR_FILE if that is set.")
        anchor.add_argument("--file", type=Path, default=None, help="Append it there instead.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "verify":
            self._verify(options["export"], options["anchors"])
        else:
            self._anchor(options["file"])

    def _verify(self, export: Path | None, anchors: Path | None) -> None:
        # An export may be older than the newest anchor.
        path = anchors or (None if export else _anchor_file())
        try:
            kept = verification.read_anchors(path) if path else []
            if export:
                with export.open() as lines:
                    found = verification.verify(verification.read_export(lines), anchors=kept)
            else:
                found = verification.verify(anchors=kept)
        except (OSError, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        if not found.whole:
            raise CommandError(f"Entry {found.bad} {found.why}. The {found.entries} before it are whole.")
        anchored = f", {found.anchors} anchored" if kept else "; no anchor says how many there should be"
        self.stdout.write(f"{found.entries} entries, all whole{anchored}. The last one is {found.head}.")

    def _anchor(self, file: Path | None) -> None:
        path = file or _anchor_file()
        try:
            anchor = verification.write_anchor(path) if path else verification.head()
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if anchor is None:
            raise CommandError("The ledger is empty.")
        self.stdout.write(verification.line_of(anchor))


def _anchor_file() -> Path | None:
    return Path(settings.AUDIT_ANCHOR_FILE) if settings.AUDIT_ANCHOR_FILE else None
