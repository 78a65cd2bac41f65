"""For any policies, holds, pins and clocks: nothing held or exempt goes, nothing due stays, and files go with rows."""

import datetime
from dataclasses import dataclass, field
from unittest import mock

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import User
from conversations import lifecycle, turns
from conversations.models import Attachment, Conversation, LegalHold, RetentionPolicy, StoredFile, Turn
from conversations.retention import holds, preview, running

from .conftest import DAY, Clock, chat, may_keep_pinned

pytestmark = pytest.mark.django_db

GROUPS = ("sales", "trainees")
WHY = "The court has asked for it."
days = st.none() | st.integers(5, 40)
policies = st.fixed_dictionaries({"chats_days": days, "files_days": days, "grace_days": st.integers(1, 5)})


@dataclass(frozen=True)
class Person:
    groups: frozenset[str]
    keeps: bool


@dataclass(frozen=True)
class Talk:
    owner: int
    quiet: int
    pinned: bool
    file: str
    hold: str
    hold_days: int


@dataclass(frozen=True)
class Step:
    days: float
    what: str
    which: int


people = st.builds(Person, st.frozensets(st.sampled_from(GROUPS)), st.booleans())
talks = st.builds(
    Talk,
    st.integers(0, 1),
    st.integers(0, 60),
    st.booleans(),
    st.sampled_from(["", "one", "two"]),
    st.sampled_from(["", "", "owner", "chat", "words"]),
    st.integers(1, 60),
)
actions = st.sampled_from(["", "", "say", "pin", "unpin", "delete", "end a hold", "new policy"])
steps = st.builds(Step, st.floats(0.1, 30), actions, st.integers(0, 9))


@dataclass
class World:
    """The same again as plain values, to be compared with."""

    clock: Clock
    people: list[User]
    keepers: set
    # Since when each owner has been told, without a break, and with how many days of grace, by kind and chat.
    told: dict = field(default_factory=dict)

    def rule(self, person: User, kind: str) -> tuple[int, int] | None:
        """Return after how many days, and so many days told before; None: never."""
        names = set(person.groups.values_list("name", flat=True))
        own = [each for each in RetentionPolicy.objects.exclude(group=None) if each.group.name in names]
        applying = own or list(RetentionPolicy.objects.filter(group=None))
        found = [(getattr(each, f"{kind}_days"), each.grace_days) for each in applying]
        return None if not found or None in {days for days, _ in found} else max(found)

    def held(self, row: Conversation) -> bool:
        for hold in LegalHold.objects.filter(ended_at=None):
            if hold.ends_at is not None and hold.ends_at <= self.clock.now:
                continue
            if hold.conversation_id == row.pk or hold.owner_id == row.owner_id:
                return True
            said = Turn.objects.filter(conversation=row, messages__text__contains="zebra").exists()
            if hold.words == "zebra" and said:
                return True
        return False

    def exempt(self, row: Conversation) -> bool:
        return self.held(row) or (row.pinned and row.owner_id in self.keepers)

    def has_files(self, row: Conversation) -> bool:
        return Attachment.objects.filter(message__turn__conversation=row).exists()


def look(world: World) -> dict:
    """Return all that is there, by id."""
    return {row.pk: (row, world.exempt(row), world.has_files(row)) for row in Conversation.objects.all()}


def check(world: World, before: dict) -> None:
    """Compare what a run has left with what was there."""
    now = world.clock.now
    for pk, (row, exempt, had_files) in before.items():
        for kind, told_in in (("chats", "expires_at"), ("files", "files_expire_at")):
            if kind == "files" and not had_files:
                continue
            found = Conversation.objects.filter(pk=pk).first()
            gone = found is None if kind == "chats" else found is not None and not world.has_files(found)
            rule = world.rule(row.owner, kind)
            age, told = now - row.active_at, getattr(row, told_in)
            if gone:
                assert not exempt and rule is not None
                assert age >= rule[0] * DAY
                assert told is not None and told <= now
                since, grace = world.told[kind, pk]
                assert now - since >= grace * DAY
            elif found is not None and rule is not None and not exempt and told is not None and told <= now:
                # Told long enough ago: only younger things may have stayed.
                assert age < rule[0] * DAY
            if told is None or found is None or getattr(found, told_in) is None:
                world.told.pop((kind, pk), None)
            if found is not None and getattr(found, told_in) is not None:
                assert rule is not None and not exempt
                world.told.setdefault((kind, pk), (now, rule[1]))


def check_files(kept_files) -> None:
    """Nothing attached is without its bytes, and no bytes are without what they are attached to."""
    names = {str(each.name) for file in StoredFile.objects.all() for each in file.contents}
    assert names == {str(path.relative_to(kept_files)) for path in kept_files.rglob("*") if path.is_file()}
    assert not StoredFile.objects.filter(attachments=None).exists()


def act(world: World, step: Step, rows: list, root: User) -> None:
    row = Conversation.objects.filter(pk=rows[step.which % len(rows)]).first()
    hold = LegalHold.objects.filter(ended_at=None).order_by("created_at", "pk").first()
    if step.what == "end a hold" and hold:
        holds.end(hold=hold, by=root)
    elif step.what == "new policy":
        RetentionPolicy.objects.filter(group=None).delete()
        RetentionPolicy.objects.create(chats_days=5 + step.which, files_days=5, grace_days=2)
    elif row is None:
        return
    elif step.what == "say":
        turn = turns.start(conversation_id=row.pk, author=row.owner, text="And now?").turn
        Turn.objects.filter(pk=turn.pk).update(status="completed")
    elif step.what in {"pin", "unpin"}:
        lifecycle.change(conversation=row, changes={"pinned": step.what == "pin"})
    elif step.what == "delete":
        lifecycle.delete(conversation=row)


class Rollback(Exception):
    pass


@settings(
    # A world takes a while to make: what fails is told as it was found.
    phases=[Phase.generate],
    max_examples=40 if connection.vendor == "sqlite" else 12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    everybody=st.none() | policies,
    of_groups=st.fixed_dictionaries({name: st.none() | policies for name in GROUPS}),
    persons=st.lists(people, min_size=2, max_size=2),
    chats=st.lists(talks, min_size=1, max_size=5),
    later=st.lists(steps, min_size=2, max_size=6),
)
def test_nothing_held_or_exempt_goes_and_nothing_due_stays(
    everybody, of_groups, persons, chats, later, kept_files, django_capture_on_commit_callbacks
):
    clock = Clock()
    try:
        with mock.patch.object(timezone, "now", clock), transaction.atomic():
            root = User.objects.create_user("root@example.org", is_superuser=True)
            world = _world(clock, everybody, of_groups, persons)
            rows = []
            for talk in chats:
                owner = world.people[talk.owner]
                made = chat(
                    owner,
                    quiet_days=talk.quiet,
                    pinned=talk.pinned,
                    file=talk.file,
                    text="A zebra" if talk.hold == "words" else "A fish",
                )
                rows.append(made.pk)
                what = {
                    "owner": {"owner_id": owner.pk},
                    "chat": {"conversation_id": made.pk},
                    "words": {"words": "zebra"},
                }
                if talk.hold:
                    holds.place(by=root, reason=WHY, ends_at=clock.now + talk.hold_days * DAY, **what[talk.hold])
            for step in later:
                before = look(world)
                outlooks = [each for each in preview.preview() if each.due]
                expected = {(each.rule.kind, each.rule.policy.pk): each.due for each in outlooks}
                with django_capture_on_commit_callbacks(execute=True):
                    done = running.run()
                assert {(each.rule.kind, each.rule.policy.pk): each.conversations for each in done} == expected
                check(world, before)
                with django_capture_on_commit_callbacks(execute=True):
                    lifecycle.drop_deleted()
                hidden = Conversation.everything.exclude(deleted_at=None)
                late = clock.now - datetime.timedelta(hours=1)
                assert all(world.held(row) for row in hidden.filter(deleted_at__lt=late))
                check_files(kept_files)
                with django_capture_on_commit_callbacks(execute=True):
                    act(world, step, rows, root)
                clock.pass_by(step.days)
            raise Rollback
    except Rollback:
        _clear(kept_files)


def _world(clock: Clock, everybody, of_groups, persons) -> World:
    for name in GROUPS:
        group = Group.objects.create(name=name)
        if of_groups[name]:
            RetentionPolicy.objects.create(group=group, **of_groups[name])
    if everybody:
        RetentionPolicy.objects.create(**everybody)
    users = []
    for number, person in enumerate(persons):
        user = User.objects.create_user(f"person-{number}@example.org")
        user.groups.set(Group.objects.filter(name__in=person.groups))
        users.append(may_keep_pinned(user) if person.keeps else user)
    return World(clock, users, {user.pk for user, person in zip(users, persons, strict=True) if person.keeps})


def _clear(kept_files) -> None:
    for path in kept_files.rglob("*"):
        if path.is_file():
            path.unlink()
