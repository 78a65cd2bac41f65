"""Bringing an export in: an equal tree under new ids, or a clear no and nothing at all."""

import copy
import io
import tracemalloc
import zipfile

import orjson
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from chatsite.protocol import BODY_MAX_BYTES_AT
from conversations import exports
from conversations.models import Attachment, Conversation, Feedback, Message, StoredFile, Turn
from tests.pages.conftest import everything
from tests.take.conftest import ask, browser_of

pytestmark = pytest.mark.django_db

IDS = {"id", "parent", "continues", "leaf", "digest", "through", "attachment"}


def told(conversation, kind="json") -> bytes:
    made = exports.make(conversation=conversation, user=conversation.owner, kind=kind)
    with made.file:
        return made.file.read()


def bring(person, content: bytes | dict, name="export.json"):
    raw = content if isinstance(content, bytes) else orjson.dumps(content)
    return browser_of(person).post("/api/conversations/import/", {"file": SimpleUploadedFile(name, raw)})


def leveled(export: dict) -> dict:
    """Return an export with each id replaced by the place where it first stands: two of equal trees are equal."""
    places: dict[str, str] = {}

    def level(value, key=""):
        if isinstance(value, dict):
            return {name: level(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [level(inner, key) for inner in value]
        return places.setdefault(value, f"#{len(places)}") if key in IDS and isinstance(value, str) else value

    plain = copy.deepcopy(export)
    # The digest of all of it is another one, because the ids are.
    plain["manifest"].pop("sha256")
    turns = level(plain.pop("turns"))
    return {"turns": turns, **level(plain)}


def test_an_import_is_an_equal_tree_of_ones_own(alice, bob, rich):
    exported = orjson.loads(told(rich))
    answer = bring(bob, told(rich, "zip"), "export.zip")
    assert answer.status_code == 201, answer.content
    assert answer.json()["missing_files"] == []
    theirs = Conversation.objects.get(pk=answer.json()["conversations"][0]["id"])
    assert theirs.owner == bob and theirs.pk != rich.pk
    again = orjson.loads(told(theirs))
    assert leveled(again) == leveled(exported)
    ids = {turn["id"] for turn in exported["turns"]} | {exported["conversation"]["id"]}
    assert not ids & {turn["id"] for turn in again["turns"]}
    assert theirs.tag_names == ["Leases", "漢字"] and {tag.owner for tag in theirs.tags.all()} == {bob}
    assert Feedback.objects.get(user=bob).reason == "It does not end."
    # The file is Bob's own copy, found, read and findable; what was said is found too.
    assert StoredFile.objects.filter(owner=bob).count() == 1
    assert not Attachment.objects.filter(owner=bob, message=None).exists()
    assert theirs.message_count == 7
    page = browser_of(bob).get(f"/chat/{theirs.pk}/")
    assert page.status_code == 200 and b"lease.txt" in page.content
    assert browser_of(bob).get("/api/search/", {"q": "weight"}).json()["results"]
    # A conversation that goes on.
    turn = ask(bob, theirs.pk, "And now?")
    assert turn.parent_id == theirs.leaf_id and turn.depth == 2


def test_json_alone_says_which_files_it_lacks(alice, bob, rich):
    answer = bring(bob, told(rich))
    assert answer.json()["missing_files"] == ["lease.txt"]
    theirs = Conversation.objects.get(owner=bob)
    assert Turn.objects.filter(conversation=theirs, depth=0).get().included == []
    # Alice still has the file.
    again = bring(alice, told(rich)).json()
    assert again["missing_files"] == []
    mine = Conversation.objects.get(pk=again["conversations"][0]["id"])
    assert leveled(orjson.loads(told(mine))) == leveled(orjson.loads(told(rich)))


def test_everything_of_somebody_comes_in_at_once(alice, bob, rich):
    ask(alice, Conversation.objects.create(owner=alice).pk, "Another one")
    packed = b"".join(browser_of(alice).get("/api/me/export/").streaming_content)
    answer = bring(bob, packed, "all.zip")
    assert answer.status_code == 201, answer.content
    assert Conversation.objects.filter(owner=bob).count() == 2
    # Nobody writes on the answer that was being written.
    assert set(Message.objects.filter(turn__author=bob).values_list("status", flat=True)) == {"complete", "interrupted"}
    assert not Turn.objects.filter(author=bob).open().exists()


def changed(export: dict, *path, to) -> dict:
    """Return the export with one value changed, and no manifest to give it away."""
    export = copy.deepcopy(export)
    del export["manifest"]
    place = export
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return export


def test_what_is_not_an_export_is_refused_and_nothing_is_kept(alice, bob, rich):
    whole = orjson.loads(told(rich))
    first, second, _ = (turn["id"] for turn in whole["turns"])
    deep: list = []
    for _ in range(100):
        deep = [deep]
    refused = {
        "not json": b"{",
        "NaN": b'{"format": NaN}',
        "half a character": b'{"format": "\\ud800"}',
        "another thing": {"format": "something"},
        "a list": b"[]",
        "a later version": changed(whole, "version", to=2),
        "cut": told(rich).replace(b"They spoke.", b"They did not speak.", 1),
        "a system's word": changed(whole, "turns", 0, "messages", 0, "role", to="system"),
        "an answer first": changed(whole, "turns", 0, "messages", 0, "role", to="assistant"),
        "two questions": changed(whole, "turns", 0, "messages", 1, "role", to="user"),
        "an unknown field": changed(whole, "conversation", "owner", to=str(alice.pk)),
        "a field of a turn": changed(whole, "turns", 0, "author", to=str(alice.pk)),
        "a circle": changed(whole, "turns", 0, "parent", to=second),
        "its own parent": changed(whole, "turns", 0, "parent", to=first),
        "a foreign parent": changed(whole, "turns", 0, "parent", to=str(rich.pk)),
        "a foreign leaf": changed(whole, "conversation", "leaf", to=str(rich.pk)),
        "twice the same": changed(whole, "turns", 1, "id", to=first),
        "NUL": changed(whole, "conversation", "title", to="a\0b"),
        "too deep": changed(whole, "turns", 0, "messages", 1, "tool_run", "arguments", to={"a": deep}),
        "no arguments": changed(whole, "turns", 0, "messages", 1, "tool_run", "arguments", to=[1]),
        "a long title": changed(whole, "conversation", "title", to="x" * 201),
        "a moment to come": changed(whole, "conversation", "active_at", to="2999-01-01T00:00:00Z"),
        "before time": changed(whole, "turns", 0, "created_at", to="0001-01-01T00:00:00+14:00"),
        "no time zone": changed(whole, "turns", 0, "created_at", to="2026-01-01T00:00:00"),
        "a huge number": changed(whole, "turns", 0, "total_ms", to=10**12),
        "a true number": changed(whole, "turns", 0, "total_ms", to=True),
        "a rating of nine": changed(whole, "conversation", "rating", to=9),
        "a missing part": {name: part for name, part in whole.items() if name != "turns"},
        "a file out of nowhere": changed(whole, "files", to=[]),
        "facts of anything": changed(whole, "digests", 0, "facts", to=[[1, "system", "x"]]),
        "a broken archive": b"PK\x03\x04 not really",
        "an empty archive": packed({"readme.txt": b"hello"}),
        "a file of another name": packed(
            {"conversation.json": told(rich), f"files/{whole['files'][0]['sha256']}": b"x"}
        ),
        "one of two broken": packed(
            {f"conversations/{rich.pk}.json": told(rich), f"conversations/{alice.pk}.json": b"{}"}
        ),
    }
    before = everything()
    for name, content in refused.items():
        cache.clear()
        answer = bring(bob, content)
        assert answer.status_code == 400, (name, answer.content)
        assert answer.json()["detail"], name
    assert everything() == before
    assert not StoredFile.objects.filter(owner=bob).exists()


def packed(entries: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_the_server_takes_bodies_as_large_as_an_import_may_be(settings):
    for name in ("api_import", "data_import"):
        assert BODY_MAX_BYTES_AT[reverse(name).encode()] > settings.IMPORT_MAX_BYTES


def test_what_is_too_large_is_refused(alice, bob, rich, settings):
    settings.IMPORT_MAX_MESSAGES = 6
    assert bring(bob, told(rich)).status_code == 413
    settings.IMPORT_MAX_MESSAGES = 7
    assert bring(bob, told(rich)).status_code == 201
    settings.IMPORT_MAX_BYTES = 1000
    assert bring(bob, told(rich)).status_code == 413
    # Small on the way, large on the disk.
    assert bring(bob, packed({"conversation.json": b"0" * 100_000})).status_code == 413
    assert Conversation.objects.filter(owner=bob).count() == 1


def test_an_archive_that_lies_about_its_size_takes_no_memory(alice, bob, rich):
    """A few bytes that say to be few, and unpack to more than a machine has."""
    for packing in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", packing) as archive, archive.open("conversation.json", "w") as entry:
            for _ in range(64):
                entry.write(bytes(1024 * 1024))
        lying = bytearray(target.getvalue())
        listed = lying.rindex(b"PK\1\2")
        lying[listed + 24 : listed + 28] = (1000).to_bytes(4, "little")
        tracemalloc.start()
        try:
            answer = bring(bob, bytes(lying))
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_import")
        assert most < 16 * 1024 * 1024
    with pytest.warns(UserWarning), io.BytesIO() as target, zipfile.ZipFile(target, "w") as archive:
        for _ in range(2):
            archive.writestr("conversation.json", told(rich))
        archive.close()
        assert bring(bob, target.getvalue()).status_code == 400
    assert not Conversation.objects.filter(owner=bob).exists()


def test_one_import_of_a_person_is_read_at_a_time(alice, bob, rich):
    raw = told(rich)
    with exports.place(bob, "import", 1, busy=""):
        assert bring(bob, raw).status_code == 429
        assert bring(alice, raw).status_code == 201
    assert bring(bob, raw).status_code == 201


def test_html_in_an_import_is_text(alice, bob, rich):
    whole = changed(orjson.loads(told(rich)), "conversation", "title", to="<img src=x onerror=alert(1)>")
    whole["turns"][2]["messages"][1]["text"] = "[a](javascript:alert(1)) <script>alert(2)</script>"
    made = bring(bob, whole).json()["conversations"][0]
    page = browser_of(bob).get(f"/chat/{made['id']}/").content
    assert b"<img src=x" not in page and b"<script>alert" not in page and b'href="javascript' not in page


def test_how_the_model_was_asked_comes_along(alice, bob, rich):
    Conversation.objects.update(parameters={"seed": 5})
    rich.refresh_from_db()
    Turn.objects.update(parameters={"temperature": 0.5, "thinking": False}, instructed=True)
    made = bring(bob, told(rich)).json()["conversations"][0]["id"]
    assert Conversation.objects.get(pk=made).parameters == {"seed": 5}
    for turn in Turn.objects.filter(conversation=made):
        assert (turn.parameters, turn.instructed) == ({"temperature": 0.5, "thinking": False}, True)
    forged = orjson.loads(told(rich))
    forged["conversation"]["parameters"] = {"temperature": 5}
    assert bring(bob, forged).status_code == 400
