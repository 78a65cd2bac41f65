"""Index all titles, messages and files anew."""

from django.core.management.base import BaseCommand

from conversations import search


class Command(BaseCommand):
    help = "Index all titles, messages and files anew, for example after another version reads words differently."

    def handle(self, **options):
        self.stdout.write(f"{search.rebuild():,} titles, messages and parts of files can be found.")
