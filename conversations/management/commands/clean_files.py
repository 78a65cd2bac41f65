"""Delete what nobody needs of the attached files: uploads never sent, and bytes that belong to nothing."""

from django.core.management.base import BaseCommand

from accounts import audit
from conversations import storage


class Command(BaseCommand):
    help = "Delete uploads that were never sent (UPLOAD_KEPT_HOURS) and bytes that belong to nothing, as each night."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="only tell what would be deleted")

    def handle(self, *, dry_run: bool, **options):
        if dry_run:
            unsent, unused = storage.unsent().count(), storage.unused().count()
            orphans = sum(1 for _ in storage.orphans())
        else:
            unsent, unused, orphans = storage.drop_unsent(), storage.drop_all_unused(), storage.drop_orphans()
            audit.enter("purge", unsent_uploads=unsent, unused_files=unused, orphaned_files=orphans)
        would = "would be " if dry_run else ""
        self.stdout.write(f"{unsent:,} uploads that were never sent {would}deleted.")
        self.stdout.write(f"{unused:,} files that are attached nowhere {would}deleted.")
        self.stdout.write(f"{orphans:,} pieces of the storage that belong to nothing {would}deleted.")
