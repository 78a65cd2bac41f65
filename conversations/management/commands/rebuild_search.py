"""Index all titles and messages anew."""

from django.core.management.base import BaseCommand

from conversations import search


class Command(BaseCommand):
    help = "Index all titles and messages anew, for example after another version of Chatsite reads words differently."

    def handle(self, **options):
        self.stdout.write(f"{search.rebuild():,} titles and messages can be found.")
