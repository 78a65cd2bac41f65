"""Fill the database with made-up people and conversations."""

import secrets
from collections import Counter
from random import Random

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import people
from accounts.models import User
from conversations import search
from conversations.management.demo.talks import Rows, Talks

ADDRESS = "demo@example.org"
# The other people's, who cannot sign in.
OTHER_ADDRESS = "demo-{}@example.org"
DEMO_ADDRESS = r"^demo(-\d+)?@example\.org$"
# The share of all conversations that the demo person has.
DEMO_SHARE = 0.1
# So many turns are written at a time.
BATCH_TURNS = 5000
PASSWORD_BYTES = 12


class Command(BaseCommand):
    help = "Fill the database with made-up people and conversations, and print how to sign in and see them."

    def add_arguments(self, parser):
        parser.add_argument("--conversations", type=int, default=200)
        parser.add_argument("--messages", type=int, default=2000, help="in all; each turn has two")
        parser.add_argument("--users", type=int, default=10, help="people beside the demo person")
        parser.add_argument("--long", type=int, default=0, help="messages of one more, very long conversation")
        parser.add_argument("--force", action="store_true", help="even if other people have accounts here")

    def handle(self, *, conversations: int, messages: int, users: int, long: int, force: bool, **options):
        if conversations < 1 or messages < 2 * conversations:
            raise CommandError("There is at least one conversation, and each has at least two messages.")
        if users < 0 or long < 0:
            raise CommandError("There cannot be less than none.")
        if User.objects.exclude(email__regex=DEMO_ADDRESS).exists() and not force:
            raise CommandError("Other people have accounts here. --force adds made-up people beside them.")
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        with transaction.atomic():
            demo, others = _demo(password), _others(users)
            chance = Random(conversations)
            with search.indexed_afterwards():
                _fill(
                    Talks(chance),
                    _owners(chance, demo, others, conversations),
                    _lengths(chance, conversations, messages // 2),
                )
                if long:
                    _fill(Talks(chance), [demo], [long // 2])
        self.stdout.write(f"{conversations:,} conversations. Sign in as {ADDRESS} with the password {password}")


def _demo(password: str) -> User:
    demo = User.objects.filter(email=ADDRESS).first()
    if demo is None:
        demo = User.objects.create_user(ADDRESS, name="Demo")
        EmailAddress.objects.create(user=demo, email=ADDRESS, primary=True, verified=False)
    people.change_password(user=demo, password=password)
    return demo


def _others(count: int) -> list[User]:
    addresses = [OTHER_ADDRESS.format(number) for number in range(1, count + 1)]
    User.objects.bulk_create([User(email=address, password="!") for address in addresses], ignore_conflicts=True)
    return list(User.objects.filter(email__in=addresses))


def _owners(chance: Random, demo: User, others: list[User], count: int) -> list[User]:
    share = DEMO_SHARE if others else 1
    own = max(1, round(count * share))
    owners = [demo] * own + [others[number % len(others)] for number in range(count - own)]
    chance.shuffle(owners)
    return owners


def _lengths(chance: Random, conversations: int, turns: int) -> list[int]:
    """Return how many turns each conversation has: one at least, a few have many, `turns` in all."""
    weights = [chance.lognormvariate(0, 1) for _ in range(conversations)]
    more = Counter(chance.choices(range(conversations), weights=weights, k=turns - conversations))
    return [1 + more[number] for number in range(conversations)]


def _fill(talks: Talks, owners: list[User], lengths: list[int]) -> None:
    rows = Rows()
    for owner, turn_count in zip(owners, lengths, strict=True):
        talks.add(rows, owner=owner, turn_count=turn_count)
        if len(rows.turns) >= BATCH_TURNS:
            rows.write()
            rows = Rows()
    rows.write()
