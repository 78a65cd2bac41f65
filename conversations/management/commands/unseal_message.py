"""`manage.py unseal_message <message> --reason "…"`: print what a removed message said, where that was kept."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations.errors import ChatError
from conversations.models import Redaction
from conversations.review import redaction


class Command(BaseCommand):
    help = "Print the original of a message that was removed; that it was read is entered in the audit ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("message", help="The id of the message.")
        parser.add_argument("--reason", required=True, help="Why it has to be read; it is entered too.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = Redaction.objects.select_related("message").get(message=options["message"])
            kept = redaction.original(redaction=found, actor=None, reason=options["reason"])
        except (Redaction.DoesNotExist, ValueError):
            raise CommandError("There is no such message, or it was not removed.") from None
        except ChatError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(kept["text"])
        if kept["thinking"]:
            self.stdout.write(f"\nThoughts:\n{kept['thinking']}")
