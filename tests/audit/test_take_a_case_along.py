"""Conversations of others are taken along for a case: for a reason, in view of their owners, and provably unchanged."""

import hashlib
import io
import json
import zipfile

import pytest

from accounts import audit
from accounts.audit import verification
from accounts.models import AuditEntry, User
from conversations import cases, exports, lifecycle, reading, turns
from conversations.models import Flag, Message, ReadingGrant, Turn
from conversations.review import redaction
from tests.pages.conftest import browser_of, plain_static_files, talk  # noqa: F401
from tests.retention.conftest import chat
from tests.support.files import attach

from .conftest import last
from .test_read_with_a_reason import REASON, clerk, officer  # noqa: F401

pytestmark = pytest.mark.django_db
CASE = "/admin/conversations/conversation/case/"


def take(maker: User, *conversations, reason: str = REASON):
    return browser_of(maker).post(CASE, {"conversation": [each.pk for each in conversations], "reason": reason})


def opened(answer) -> tuple[zipfile.ZipFile, dict, bytes]:
    assert answer.status_code == 200, answer.content
    packed = b"".join(answer.streaming_content)
    archive = zipfile.ZipFile(io.BytesIO(packed))
    return archive, json.loads(archive.read("manifest.json")), packed


def test_everything_is_in_it_with_a_digest_of_each(officer, alice, bob, talk, kept_files):  # noqa: F811
    edited = turns.edit(turn=talk, author=alice, text="A different question").turn
    edited.messages.filter(role="assistant").update(text="Another answer", thinking="I wonder", status="complete")
    Message.objects.create(
        turn=edited, position=9, role="tool", tool_name="calculate", text="42", tool_run={"arguments": {"of": "6*7"}}
    )
    Turn.objects.filter(pk=edited.pk).update(status="completed")
    file = attach(alice, text="A passage", name="lease.txt")
    type(file).objects.filter(pk=file.pk).update(message=talk.messages.get(role="user"))
    other = chat(bob, text="Of somebody else")
    archive, manifest, packed = opened(take(officer, talk.conversation, other))
    named = f"conversations/{talk.conversation_id}"
    listed = {each["name"]: each for each in manifest["entries"]}
    assert set(archive.namelist()) == {*listed, "manifest.json"}
    assert set(listed) == {
        f"{named}.json",
        f"{named}.html",
        f"conversations/{other.pk}.json",
        f"conversations/{other.pk}.html",
        f"files/{file.file.sha256}",
    }
    for name, each in listed.items():
        content = archive.read(name)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (each["sha256"], each["size"])
    kept = json.loads(archive.read(f"{named}.json"))
    assert [turn["id"] for turn in kept["turns"]] == [str(talk.pk), str(edited.pk)]
    html = archive.read(f"{named}.html").decode()
    for said in ("A secret question", "A secret answer", "A different question", "I wonder", "6*7", "lease.txt"):
        assert said in html, said
    assert "Turn 2, the beginning" in html and "<form" not in html and "<script" not in html
    case = manifest["case"]
    assert (manifest["format"], case["reason"], case["made_by"]["email"]) == ("chatsite.case", REASON, officer.email)
    assert {each["owner"] for each in case["conversations"]} == {alice.email, bob.email}
    entry = last("case.exported")
    assert (entry.actor_id, entry.facts["reason"], entry.facts["case"]) == (officer.pk, REASON, case["id"])
    assert (entry.facts["sha256"], entry.facts["bytes"]) == (hashlib.sha256(packed).hexdigest(), len(packed))
    # The head is of the ledger as it stood when the readings were in it, and stays a part of it.
    assert AuditEntry.objects.get(number=case["ledger"]["number"]).hash == case["ledger"]["hash"]
    assert case["ledger"]["number"] >= last("text.read").number
    assert verification.verify().whole


def test_owners_are_told_as_of_a_reading(officer, alice, talk):  # noqa: F811
    opened(take(officer, talk.conversation))
    page = browser_of(alice).get(f"/chat/{talk.conversation_id}/").content.decode()
    assert "Read by Ola Officer on" in page and REASON in page
    grant = ReadingGrant.objects.get()
    assert (grant.owner, grant.views) == (alice, 1)
    assert [last("text.opened").whom_id, last("text.read").facts["grant"]] == [alice.pk, str(grant.pk)]


def test_a_person_and_a_flag_lead_to_what_is_theirs(officer, alice, bob, talk):  # noqa: F811
    browser, own = browser_of(officer), chat(alice)
    chat(bob)
    gone = chat(alice)
    lifecycle.delete(conversation=gone)
    page = browser.get(CASE, {"person": "Alice@example.org"})
    assert [each.pk for each in page.context["conversations"]] == [talk.conversation_id, own.pk]
    assert "A secret" not in page.content.decode() and "Tides" not in page.content.decode()
    flag = Flag.objects.create(user=alice, conversation_id=own.pk, severity="high", place="question")
    assert [each.pk for each in browser.get(CASE, {"flag": flag.pk}).context["conversations"]] == [own.pk]
    Flag.objects.filter(pk=flag.pk).update(conversation_id=None)
    for query in ({"flag": flag.pk}, {"conversation": gone.pk}, {"conversation": "x"}):
        assert browser.get(CASE, query).status_code == 404
    assert browser.get(CASE, {"person": "no@example.org"}).status_code == 400
    assert take(officer, gone).status_code == 404
    chosen = {"action": "take_along", "_selected_action": [str(own.pk)]}
    answer = browser.post("/admin/conversations/conversation/", chosen)
    assert answer.headers["Location"] == f"{CASE}?conversation={own.pk}"
    assert not ReadingGrant.objects.exists()
    # Not even a box to tick tells a title.
    assert "Tides" not in browser.get("/admin/conversations/conversation/").content.decode()


def test_it_takes_the_permission_and_a_reason(officer, clerk, talk, monkeypatch):  # noqa: F811
    for answer in (take(clerk, talk.conversation), browser_of(clerk).get(CASE)):
        assert answer.status_code == 403
    assert last("text.refused").actor_id == clerk.pk
    assert "take_along" not in browser_of(clerk).get("/admin/conversations/conversation/").content.decode()
    assert take(officer, talk.conversation, reason="why not").status_code == 400
    assert take(officer).status_code == 400
    monkeypatch.setattr(cases, "MOST_CONVERSATIONS", 1)
    assert take(officer, talk.conversation, talk.conversation).status_code == 400
    chosen = {"action": "take_along", "_selected_action": [talk.conversation_id, chat(officer).pk]}
    many = browser_of(officer).post("/admin/conversations/conversation/", chosen, follow=True)
    assert "Choose fewer" in many.content.decode()
    assert not ReadingGrant.objects.exists()
    assert not AuditEntry.objects.filter(action="case.exported").exists()


def test_nothing_leaves_that_cannot_be_entered(officer, talk, monkeypatch):  # noqa: F811
    enter = audit.enter

    def fail(action, **options):
        if action == "case.exported":
            raise RuntimeError("The ledger cannot be written.")
        return enter(action, **options)

    monkeypatch.setattr(cases.audit, "enter", fail)
    assert take(officer, talk.conversation).status_code == 500


def test_removed_messages_stay_removed_and_what_goes_meanwhile_ends_it(officer, root, alice, talk):  # noqa: F811
    redaction.redact(message_id=talk.messages.get(role="user").pk, by=root, reason="It names somebody.")
    _, _, packed = opened(take(officer, talk.conversation))
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert not any(b"A secret question" in archive.read(name) for name in archive.namelist())

    # Its owner is told even where the archive could not be finished: it was about to be read.
    two = [chat(alice), chat(alice)]
    read = exports.pack_case

    def pack(conversations, about, target):
        lifecycle.delete(conversation=two[1])
        read(conversations, about, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exports, "pack_case", pack)
        assert take(officer, *two).status_code == 404
    assert ReadingGrant.objects.filter(conversation=two[0]).exists()
    assert reading.of_owner(owner=alice)
