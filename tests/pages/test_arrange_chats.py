"""The forms of the list: arranging one chat or several, the archive, tags, and how far the list goes."""

import uuid

import pytest
from django.test import Client

from conversations import lifecycle, tags
from conversations.models import Conversation, Tag

from .conftest import browser_of

pytestmark = pytest.mark.django_db
SCRIPT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def browser(alice) -> Client:
    return browser_of(alice)


def arrange(browser: Client, verb: str, *ids, **extra):
    return browser.post("/chat/arrange/", {"verb": verb, "chat": [str(each) for each in ids]}, **{**SCRIPT, **extra})


def test_several_are_arranged_at_once_and_nobody_elses(browser, alice, bob):
    mine = [lifecycle.create(owner=alice, title=f"Chat {number}").pk for number in range(3)]
    foreign = lifecycle.create(owner=bob, title="Bob's").pk
    for verb, field, value in (
        ("pin", "pinned", True),
        ("unpin", "pinned", False),
        ("archive", "archived", True),
        ("unarchive", "archived", False),
    ):
        done = arrange(browser, verb, *mine[:2], foreign, uuid.uuid4()).json()["done"]
        assert done == [str(each) for each in mine[:2]]
        for pk in mine[:2]:
            assert getattr(Conversation.objects.get(pk=pk), field) is value
    assert arrange(browser, "delete", *mine).json()["done"] == [str(each) for each in mine]
    assert list(Conversation.objects.values_list("pk", flat=True)) == [foreign]
    assert arrange(browser, "restore", *mine[1:], foreign).json()["done"] == [str(each) for each in mine[1:]]
    assert not Conversation.objects.get(pk=foreign).pinned


def test_what_is_no_request_changes_nothing(browser, bob):
    foreign = lifecycle.create(owner=bob, title="Bob's").pk
    many = [uuid.uuid4() for _ in range(201)]
    assert [arrange(browser, *what).status_code for what in (("delete",), ("eat", foreign), ("delete", *many))] == [
        400
    ] * 3
    assert arrange(browser, "delete", foreign).status_code == 404
    assert arrange(browser, "delete", "x").status_code == 404
    assert browser.post("/chat/tags/put/", {"add": ["x"]}, **SCRIPT).status_code == 404
    assert browser.post("/chat/tags/put/", {"add": [f"{uuid.uuid4()} {foreign}"]}, **SCRIPT).status_code == 404
    assert Conversation.objects.filter(pk=foreign).exists()


def test_the_archive_brings_them_back_without_a_script(browser, alice):
    kept = lifecycle.create(owner=alice, title="Here <b>")
    lifecycle.change(conversation=kept, changes={"archived": True})
    lifecycle.create(owner=alice, title="Not there")
    page = browser.get("/chat/archive/").content.decode()
    archive = page[page.index('aria-label="Archived chats"') :]
    assert "Here &lt;b&gt;" in archive
    assert "Not there" not in archive
    back = browser.post("/chat/arrange/", {"verb": "unarchive", "chat": [str(kept.pk)]})
    assert (back.status_code, back["Location"]) == (302, "/chat/archive/")
    assert "Nothing is archived" in browser.get("/chat/archive/").content.decode()


def test_tags_are_made_renamed_and_deleted_without_a_script(browser, alice):
    browser.post("/chat/tags/", {"name": "Work"})
    tag = Tag.objects.get(owner=alice)
    browser.post(f"/chat/tags/{tag.pk}/", {"name": "<i>Home</i>", "colour": "red"})
    tag.refresh_from_db()
    assert (tag.name, tag.colour) == ("<i>Home</i>", "red")
    assert "&lt;i&gt;Home&lt;/i&gt;" in browser.get("/chat/tags/").content.decode()
    browser.post("/chat/tags/", {"name": "<I>HOME</I>"})
    assert "You have a tag of this name already." in browser.get("/chat/tags/").content.decode()
    browser.post(f"/chat/tags/{tag.pk}/", {"delete": "1"})
    assert not Tag.objects.exists()


def test_the_list_stays_narrowed_to_a_tag_on_every_page(browser, alice):
    for title, names in (("House", ["Work"]), ("Garden", [])):
        lifecycle.change(conversation=lifecycle.create(owner=alice, title=title), changes={"tags": names})
    [work] = tags.listing(user=alice)
    assert "Garden" not in browser.get(f"/chat/list/?tag={work.pk}").content.decode()
    for path in ("/chat/", "/usage/", "/chat/list/"):
        page = browser.get(path).content.decode()
        assert "House" in page
        assert "Garden" not in page
    assert "Garden" in browser.get("/chat/?tag=").content.decode()
    browser.get(f"/chat/?tag={work.pk}")
    tags.delete(tag=work)
    assert "Garden" in browser.get("/chat/").content.decode()


def test_the_list_is_as_long_as_it_was_and_goes_on_without_a_script(browser, alice):
    for number in range(60):
        lifecycle.create(owner=alice, title=f"Chat {number}")
    first = browser.get("/chat/").content.decode()
    assert first.count('class="chat-item"') == 50
    older = first.partition('href="/chat/?before=')[2].partition('"')[0]
    assert browser.get(f"/chat/?before={older}").content.decode().count('class="chat-item"') == 10
    for shown, rows in (("55", 55), ("9999", 60), ("99999", 50), ("-1", 50), ("٣", 50)):
        assert browser.get("/chat/list/", {"shown": shown}).content.decode().count('class="chat-item"') == rows


def test_a_browser_may_say_anything_about_its_time_zone(browser, alice):
    lifecycle.create(owner=alice, title="House")
    for zone in ("Europe/Berlin", "", "../../etc/passwd", "Europe", "x" * 5000, "Nowhere/At_All", "\x01"):
        browser.cookies["zone"] = zone
        assert browser.get("/chat/list/").status_code == 200
