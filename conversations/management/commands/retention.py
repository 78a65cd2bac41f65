"""Delete what retention policies no longer keep, or tell what would be deleted."""

from django.core.management.base import BaseCommand

from conversations.retention import preview, running
from conversations.retention.policies import Kind, Rule


class Command(BaseCommand):
    help = "Delete what retention policies no longer keep, and tell the owners of what comes next, as each night."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")

    def handle(self, *, dry_run: bool, **options):
        if dry_run:
            self._tell()
            return
        done = running.run()
        for deleted in done:
            if deleted.rule.kind is Kind.USAGE:
                self.stdout.write(f"{_title(deleted.rule)}: {deleted.entries:,} entries deleted.")
                continue
            chats = f"{deleted.messages:,} messages, {deleted.files:,} files"
            self.stdout.write(f"{_title(deleted.rule)}: {deleted.conversations:,} chats ({chats}) deleted.")
        if not done:
            self.stdout.write("Nothing was due.")

    def _tell(self) -> None:
        outlooks = preview.preview()
        for each in outlooks:
            next_at = f", the next on {each.next_at:%Y-%m-%d}" if each.next_at else ""
            self.stdout.write(f"{_title(each.rule)}:")
            if each.rule.kind is Kind.USAGE:
                self.stdout.write(f"  due now: {each.entries:,} entries; kept by a legal hold: {each.held_entries:,}")
                continue
            self.stdout.write(
                f"  due now: {each.due:,} chats with {each.messages:,} messages and {each.files:,} files"
                if each.rule.kind is Kind.CHATS
                else f"  due now: {each.files:,} files of {each.due:,} chats"
            )
            self.stdout.write(f"  owners told: {each.told:,} chats{next_at}")
            self.stdout.write(f"  owners to be told by the next run: {each.to_tell:,} chats")
            self.stdout.write(f"  kept by a legal hold: {each.held:,}; kept because pinned: {each.pinned:,}")
        if not outlooks:
            self.stdout.write("No policy deletes anything.")


def _title(rule: Rule) -> str:
    return f"{rule.policy}, {rule.kind} after {rule.days:,} days"
