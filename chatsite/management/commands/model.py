"""Models of this machine: what there is to get, getting one, removing one, and choosing which one is used."""

import asyncio
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from llm.config import from_settings
from llm.local import curated, fetching, fit
from llm.local.engines import MISSING, installed
from llm.local.gguf import NotAModel
from llm.local.shelf import ShelfError
from llm.local.site import Site

BAR = 30


class Command(BaseCommand):
    help = "Lists, gets and removes models of this machine, and chooses which one new conversations begin with."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="what is here, and what there is to get")
        get = verbs.add_parser("get", help="get a model: a name of the list, an address, or a file")
        get.add_argument("source", nargs="?", default="", help="without it: what suits the memory of this machine")
        get.add_argument("--name", default="", help="what to call it")
        get.add_argument("--sha256", default="", help="the checksum that the file must have")
        get.add_argument("--mmproj", default="", help="the address or file of what lets it see pictures")
        for verb, words in (("remove", "delete a model"), ("use", "begin new conversations with a model")):
            verbs.add_parser(verb, help=words).add_argument("name")

    def handle(self, *, verb: str, **given: Any) -> None:
        config = from_settings()
        self.site = Site(config)
        self.shelf = self.site.shelf
        try:
            match verb:
                case "list":
                    self.list()
                case "get":
                    self.get(given["source"], name=given["name"], sha256=given["sha256"], mmproj=given["mmproj"])
                case "remove":
                    self.shelf.path_of(given["name"])
                    self.site.engines.leave(given["name"])
                    self.shelf.remove(given["name"])
                    self.stdout.write(f"{given['name']} is gone.")
                case "use":
                    self.shelf.use(given["name"])
                    self.stdout.write(f"New conversations begin with {given['name']}.")
                    if config.default_model:
                        self.stdout.write(f"But DEFAULT_MODEL is set, and goes first: {config.default_model}.")
        except (ShelfError, NotAModel) as problem:
            raise CommandError(str(problem)) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped. What came is kept: run it again to go on.") from None

    def list(self) -> None:
        entries, problems, used = self.shelf.entries(), self.shelf.problems(), self.shelf.used()
        self.stdout.write(f"On this machine, in {self.shelf.folder}:")
        for entry in entries:
            self.stdout.write(f"  {entry.name}{'  (used)' if entry.name == used else ''}: {self.site.about(entry)}")
        for name, problem in problems.items():
            self.stdout.write(f"  {name}: cannot be used. {problem}")
        if not entries and not problems:
            self.stdout.write("  none yet")
        self.stdout.write("\nTo get with `manage.py model get NAME`, or any address or file of a GGUF model:")
        here = {entry.name for entry in entries}
        for offer in curated.OFFERS:
            if offer.name not in here:
                memory = fit.in_words(offer.memory)
                self.stdout.write(
                    f"  {offer.name}: {offer.title}, {fit.in_words(offer.size)}, about {memory} of memory, "
                    f"{offer.licence}. Good for {offer.good_for}."
                )
        if not installed():
            self.stdout.write(f"\n{MISSING}")

    def get(self, source: str, *, name: str, sha256: str, mmproj: str) -> None:
        if not source:
            offer = curated.best_for(int(fit.available() * fit.FREE_SHARE))
            self.stdout.write(
                f"{offer.title} suits the memory of this machine: {fit.in_words(offer.size)}, {offer.licence}, "
                f"from {offer.file.url}"
            )
            source = offer.name
        wish = fetching.wanted(source, name=name, projector=mmproj, sha256=sha256)
        entry = asyncio.run(fetching.fetch(shelf=self.shelf, wish=wish, tell=self.progress, trusted=True))
        self.stdout.write(f"{entry.name} is here: {self.site.about(entry)}")
        about = entry.notes["file"]
        if about["checksum"] == "not known before":
            self.stdout.write(f"Nobody told a checksum to compare with. Its SHA-256 is {about['sha256']}.")
        if not installed():
            self.stdout.write(MISSING)
        self.stdout.write("It can be chosen on the page now; a server that runs finds it by itself.")

    def progress(self, done: int, total: int | None) -> None:
        """Draw how far it is, on a terminal; the last line elsewhere."""
        share = done / total if total else 0.0
        line = f"{'#' * int(share * BAR):<{BAR}} {fit.in_words(done)} of {fit.in_words(total) if total else '?'}"
        if sys.stderr.isatty():
            self.stderr.write(f"\r{line}", ending="\n" if done == total else "")
        elif done == total:
            self.stderr.write(line)
