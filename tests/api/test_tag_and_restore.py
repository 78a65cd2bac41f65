"""What a program does to keep conversations in order: tags, the list by tag, and undoing a deletion."""

import pytest

from conversations import lifecycle
from conversations.models import Conversation

pytestmark = pytest.mark.django_db


def test_tags_are_made_changed_and_deleted(program):
    made = program.post("tags/", {"name": " Holiday ", "colour": "teal"})
    address = made["Location"].partition("/api/")[2]
    assert (made.status_code, made.json()["name"], made.json()["used"]) == (201, "Holiday", 0)
    assert program.post("tags/", {"name": "HOLIDAY"}).json()["code"] == "tag_taken"
    assert program.patch(address, {"name": "Journeys"}).json() == {**made.json(), "name": "Journeys"}
    for body in ({"name": ""}, {"colour": "pink"}, {"name": "x" * 41}, {"nme": "x"}, {"name": 3}):
        assert program.patch(address, body).status_code == 400, body
    assert [tag["name"] for tag in program.get("tags/").json()["tags"]] == ["Journeys"]
    assert program.delete(f"{address}").status_code == 204
    assert program.get(address).status_code == 404


def test_conversations_name_their_tags_and_are_listed_by_them(program, stranger, django_assert_max_num_queries):
    ids = [program.post("conversations/", {"title": title}).json()["id"] for title in ("House", "Garden", "Roof")]
    changed = program.patch(f"conversations/{ids[0]}/", {"tags": ["Work", "home"]})
    assert changed.json()["tags"] == ["home", "Work"]
    program.patch(f"conversations/{ids[1]}/", {"tags": ["WORK"]})
    assert program.get(f"conversations/{ids[1]}/").json()["tags"] == ["Work"]
    assert program.get(f"conversations/{ids[0]}/")["ETag"] == changed["ETag"]
    with django_assert_max_num_queries(6):
        found = program.get("conversations/", {"tag": "wOrK"}).json()["results"]
    assert [(one["title"], one["tags"]) for one in found] == [("Garden", ["Work"]), ("House", ["home", "Work"])]
    assert program.get("conversations/", {"tag": "nothing"}).json()["results"] == []
    assert program.get("conversations/", {"tag": "a\x00"}).status_code == 400
    assert stranger.get("conversations/", {"tag": "work"}).json()["results"] == []
    assert stranger.get("tags/").json()["tags"] == []
    before = program.get(f"conversations/{ids[1]}/")["ETag"]
    refused = program.patch(f"conversations/{ids[1]}/", {"tags": []}, **{"If-Match": changed["ETag"]})
    assert refused.status_code == 412
    program.patch(f"conversations/{ids[1]}/", {"tags": []})
    assert program.get(f"conversations/{ids[1]}/")["ETag"] != before
    for tags in ("work", [1], [""], [f"{number}" for number in range(21)]):
        assert program.patch(f"conversations/{ids[2]}/", {"tags": tags}).status_code == 400, tags
    assert program.get(f"conversations/{ids[2]}/").json()["tags"] == []


def test_a_deletion_is_undone_as_long_as_that_is_possible(program, stranger, alice, settings):
    made = program.post("conversations/", {"title": "House"})
    address = f"conversations/{made.json()['id']}/"
    assert program.delete(address).status_code == 204
    assert (program.get(address).status_code, program.delete(address).status_code) == (404, 404)
    assert program.post("conversations/", {"id": made.json()["id"]}).json()["code"] == "id_taken"
    assert stranger.post(f"{address}restore/", {}).status_code == 404
    back = program.post(f"{address}restore/", {})
    assert (back.status_code, back.json(), back["ETag"]) == (200, made.json(), made["ETag"])
    program.delete(address)
    settings.UNDO_DELETE_SECONDS = 0
    assert program.post(f"{address}restore/", {}).status_code == 404
    assert lifecycle.drop_deleted() == 1
    assert not Conversation.everything.exists()
