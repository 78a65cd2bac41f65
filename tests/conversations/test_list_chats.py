"""The list beside every page: its order, its headings, what is pinned, archived, tagged, being answered and unread."""

import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from conversations import chats, lifecycle, sessions, tags
from conversations.models import Conversation

from .test_ask import ask, finish

pytestmark = pytest.mark.django_db


def talk(alice, title: str, *, days: float = 0) -> Conversation:
    """Return a finished conversation whose last word was said so many days ago."""
    conversation = ask(alice, text=title).turn
    finish(conversation)
    then = timezone.now() - datetime.timedelta(days=days)
    Conversation.objects.filter(pk=conversation.conversation_id).update(active_at=then)
    return Conversation.objects.get(pk=conversation.conversation_id)


def shown(page: chats.Chats) -> list[tuple[str, list[str]]]:
    return [(group.label, [chat.title for chat in group.chats]) for group in page.groups]


@pytest.mark.parametrize(
    ("day", "heading"),
    [
        ("2026-03-15", "Today"),
        ("2026-03-16", "Today"),
        ("2026-03-14", "Yesterday"),
        ("2026-03-08", "Previous 7 days"),
        ("2026-03-07", "Previous 30 days"),
        ("2026-02-13", "Previous 30 days"),
        ("2026-02-12", "February"),
        ("2025-12-31", "December 2025"),
    ],
)
def test_a_day_has_its_heading(day, heading):
    assert chats.label(datetime.date.fromisoformat(day), datetime.date(2026, 3, 15)) == heading


def where_it_is(hour: int) -> ZoneInfo:
    """Return a time zone in which it is between this hour and the next."""
    offset = (hour - timezone.now().hour + 12) % 24 - 12
    return ZoneInfo(f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT")


@pytest.mark.parametrize(("hour", "heading"), [(2, "Yesterday"), (14, "Today")])
def test_days_are_those_of_the_readers_time_zone(alice, hour, heading):
    talk(alice, "Late", days=6 / 24)
    assert chats.page(user=alice, zone=where_it_is(hour)).groups[0].label == heading


def test_pinned_ones_come_first_and_once_and_archived_ones_not_at_all(alice):
    talks = [talk(alice, f"Chat {number}", days=number * 3) for number in range(7)]
    lifecycle.change(conversation=talks[5], changes={"pinned": True})
    lifecycle.change(conversation=talks[1], changes={"archived": True})
    lifecycle.change(conversation=talks[4], changes={"archived": True, "pinned": True})
    first = chats.page(user=alice, limit=2)
    second = chats.page(user=alice, limit=2, cursor=first.cursor)
    assert shown(first) == [("Pinned", ["Chat 5"]), ("Today", ["Chat 0"]), ("Previous 7 days", ["Chat 2"])]
    assert shown(second) == [("Previous 30 days", ["Chat 3", "Chat 6"])]
    assert second.cursor is None
    rows, cursor = chats.archived(user=alice)
    assert ([row.title for row in rows], cursor) == (["Chat 1", "Chat 4"], None)


def test_a_heading_that_an_earlier_page_has_begun_is_not_begun_again(alice):
    for number in range(3):
        talk(alice, f"Chat {number}")
    first = chats.page(user=alice, limit=2)
    second = chats.page(user=alice, limit=2, cursor=first.cursor)
    assert [(group.label, group.begun) for group in first.groups + second.groups] == [("Today", False), ("Today", True)]


def test_a_made_up_cursor_is_the_beginning(alice):
    talk(alice, "Chat")
    # Some of which has no day in another time zone.
    last, first = (f"{day}+00:00~{uuid.uuid4()}" for day in ("9999-12-31T23:59:59", "0001-01-01T00:00:00"))
    for cursor in ("x", "~", "2026-01-01~", "9999999~y", "\x00", "2026-01-01T00:00:00~zz", last, first):
        for zone in ("Asia/Tokyo", "America/New_York"):
            assert chats.page(user=alice, cursor=cursor, zone=ZoneInfo(zone)).groups[0].label in {"Today", "Yesterday"}


def test_what_is_being_answered_and_what_nobody_has_looked_at_is_marked(alice, new_id):
    turn = ask(alice, new_id).turn
    sessions.seen([new_id])

    def marks() -> tuple[bool, bool]:
        [row] = chats.named(user=alice, ids=[uuid.UUID(new_id)])
        return row.running, row.unread

    assert marks() == (True, False)
    finish(turn)
    Conversation.objects.update(active_at=timezone.now() + datetime.timedelta(seconds=1))
    assert marks() == (False, True)
    Conversation.objects.update(active_at=timezone.now())
    sessions.seen([new_id])
    assert marks() == (False, False)
    # Asked by a program, it was never open on a page.
    Conversation.objects.update(seen_at=None)
    assert marks() == (False, False)


def test_the_list_can_be_narrowed_to_a_tag(alice, bob):
    house, garden = talk(alice, "House"), talk(alice, "Garden")
    lifecycle.change(conversation=house, changes={"tags": ["Work"]})
    lifecycle.change(conversation=garden, changes={"tags": ["work", "Home"]})
    lifecycle.change(conversation=talk(alice, "Roof"), changes={"tags": ["Home"]})
    [work] = [tag for tag in tags.listing(user=alice) if tag.name == "Work"]
    assert shown(chats.page(user=alice, tag=work)) == [("Today", ["Garden", "House"])]
    assert chats.page(user=bob, tag=work).groups == []
