"""Paging: cursors lead through the whole list, however it moves, and forged ones are refused."""

import base64
import uuid
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from conversations.models import Conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(alice) -> list[str]:
    """The ids of 25 conversations in their order; all became active at the same moment."""
    now = timezone.now()
    made = Conversation.objects.bulk_create(Conversation(owner=alice, title=str(n)) for n in range(25))
    Conversation.objects.update(active_at=now)
    return [str(pk) for pk in sorted((row.pk for row in made), key=lambda pk: pk.hex, reverse=True)]


def follow(program, address: str) -> dict:
    """Return the page behind a link."""
    parts = urlsplit(address)
    return program.get(f"{parts.path.removeprefix('/api/')}?{parts.query}").json()


def ids(page: dict) -> list[str]:
    return [item["id"] for item in page["results"]]


def test_following_next_tells_everything_once(program, many):
    page = program.get("conversations/", {"page_size": 10}).json()
    assert page["previous"] is None
    seen = ids(page)
    while page["next"]:
        page = follow(program, page["next"])
        seen += ids(page)
    assert seen == many


def test_following_previous_leads_back_to_the_beginning(program, many):
    first = program.get("conversations/", {"page_size": 10}).json()
    second = follow(program, first["next"])
    third = follow(program, second["next"])
    assert third["next"] is None
    back = follow(program, third["previous"])
    assert ids(back) == ids(second)
    begin = follow(program, back["previous"])
    assert ids(begin) == ids(first)
    assert begin["previous"] is None
    assert ids(follow(program, begin["next"])) == ids(second)


def test_one_that_becomes_active_meanwhile_moves_nothing_else(program, many):
    first = program.get("conversations/", {"page_size": 10}).json()
    Conversation.objects.filter(pk=many[-1]).update(active_at=timezone.now())
    assert ids(follow(program, first["next"])) == many[10:20]


def test_links_keep_the_filters(program, many):
    page = program.get("conversations/", {"page_size": 10, "pinned": "false"}).json()
    assert "pinned=false" in page["next"]
    assert "page_size=10" in page["next"]


def test_links_begin_with_the_public_address(program, many, settings):
    asked = program.get("conversations/", {"page_size": 5}).json()["next"]
    assert asked.startswith("http://testserver/api/conversations/?")
    settings.PUBLIC_URL = "https://chat.example.org"
    told = program.get("conversations/", {"page_size": 5}).json()["next"]
    assert told.startswith("https://chat.example.org/api/conversations/?")


@pytest.mark.parametrize("size", ["0", "-1", "101", "1e9", "abc", "1000000000", "", "١٠", "1.5", " 5"])
def test_a_page_size_that_is_none_is_refused(program, size):
    answer = program.get("conversations/", {"page_size": size})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_pagination"


def test_a_page_may_hold_one_and_a_hundred(program, many):
    assert len(program.get("conversations/", {"page_size": 1}).json()["results"]) == 1
    assert len(program.get("conversations/", {"page_size": 100}).json()["results"]) == 25


def forged(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "\x00",
        "é" * 50,
        "a" * 5000,
        forged("older"),
        forged(f"older~yesterday~{uuid.UUID(int=7)}"),
        forged(f"older~2026-01-01T00:00:00~{uuid.UUID(int=7)}"),
        forged(f"sideways~2026-01-01T00:00:00+00:00~{uuid.UUID(int=7)}"),
        forged(f"older~0001-01-01T00:00:00+23:59~{uuid.UUID(int=7)}"),
        forged("older~2026-01-01T00:00:00+00:00~1' OR 1=1"),
        base64.urlsafe_b64encode(b"\xff\xfe~~").decode(),
    ],
)
def test_a_forged_cursor_is_refused(program, many, cursor):
    answer = program.get("conversations/", {"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_pagination"


def test_a_cursor_beyond_the_end_is_an_empty_page(program, many):
    cursor = forged(f"older~1970-01-01T00:00:00+00:00~{uuid.UUID(int=7)}")
    page = program.get("conversations/", {"cursor": cursor}).json()
    assert page["results"] == []
    assert page["next"] is None
    assert ids(follow(program, page["previous"])) == many


def test_a_cursor_of_somebody_elses_list_shows_ones_own(program, stranger, many):
    mine = program.get("conversations/", {"page_size": 5}).json()["next"]
    assert follow(stranger, mine)["results"] == []
