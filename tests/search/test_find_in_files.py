"""The text of attached files is found with the page it stands on, as long as a message has the file."""

import uuid

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import User
from conversations import attachments, finding, lifecycle, passages, reading, search, turns
from conversations.extraction import Section
from conversations.models import Attachment, Conversation, SearchEntry, StoredFile
from conversations.review import redaction
from conversations.search import index
from conversations.tools import past
from tests.api.conftest import Program
from tests.audit.test_read_with_a_reason import REASON, officer  # noqa: F401
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401
from tests.support.files import attach

from .conftest import say

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(kept_files):
    """Attached files are kept in the test's own folder."""
    return kept_files


def pages_of(owner, *pages: str, name: str = "manual.pdf") -> Attachment:
    """Return a file of so many pages that was not sent yet."""
    file = StoredFile.objects.create(owner=owner, sha256=uuid.uuid4().hex, size=1, kind="pdf", media_type="x/y")
    said = passages.of(file, [Section(text=text, page=number) for number, text in enumerate(pages, start=1)])
    passages.keep(file, said, passages.index(file, said))
    return Attachment.objects.create(owner=owner, file=file, name=name)


def ask(owner, *attached: Attachment, conversation_id=None, text: str = "What of this?"):
    """Return the turn of a question with files."""
    turn = say(owner, text, "Nothing.", conversation_id=conversation_id)
    question = turn.messages.get(role="user")
    for each in attached:
        each.message = question
        each.save()
    return turn


def shown(person, typed: str, **how) -> list[tuple]:
    """Return name, page and words of each find in a file."""
    hits = search.messages(user=person, typed=typed, **how).hits
    return [
        (hit.file.name, hit.file.page, "".join(piece.text for piece in hit.snippet if piece.found))
        for hit in hits
        if hit.file
    ]


def test_it_is_told_in_which_file_and_on_which_page(alice, bob):
    attached = pages_of(alice, "Of ropes", "The *old* harbour <b>pilot</b>", "Of a harbour")
    turn = ask(alice, attached)
    question = turn.messages.get(role="user")
    [hit] = Program(alice).get("search/", {"q": "harbour"}).json()["results"]
    assert hit["attachment"] == {"id": str(attached.pk), "name": "manual.pdf", "page": 2, "passage": 1}
    assert (hit["conversation"], hit["message"], hit["role"]) == (str(turn.conversation_id), str(question.pk), "user")
    assert hit["turn"] == str(turn.pk)
    assert "".join(piece["text"] for piece in hit["snippet"]) == "The *old* harbour <b>pilot</b>"
    assert [piece["text"] for piece in hit["snippet"] if piece["found"]] == ["harbour"]
    browser = browser_of(alice)
    for path in ("/search/?q=harbour", "/palette/?q=harb"):
        page = browser.get(path).content.decode()
        assert f"/chat/{turn.conversation_id}/?at={question.pk}" in page
        assert "manual.pdf" in page and "Page 2" in page and "<mark>harbour</mark> &lt;b&gt;" in page
    there = f"{reverse('attachment', args=[attached.pk])}?from=1"
    assert f'"{there}#passage-1"' in browser.get("/search/?q=harbour").content.decode()
    assert 'id="passage-1"' in browser.get(there).content.decode()
    assert shown(bob, "harbour") == []
    assert browser_of(bob).get(there).status_code == 404


def test_words_phrases_what_must_not_occur_and_beginnings(alice):
    ask(alice, pages_of(alice, "The master of ropes", "harbour lights", "a harbour master and a boat"))
    assert shown(alice, "master harbour") == [("manual.pdf", 3, "harbourmaster")]
    assert shown(alice, '"harbour master"') == [("manual.pdf", 3, "harbour master")]
    assert shown(alice, '"master harbour"') == shown(alice, "harb") == shown(alice, "harbour -boat") == []
    assert shown(alice, "harbour -ship") == [("manual.pdf", 2, "harbour")]
    assert shown(alice, "lights harb", prefix=True) == [("manual.pdf", 2, "harbourlights")]
    assert shown(alice, "ÁRBOL") == []


def test_a_long_file_is_found_once_wherever_it_is_and_does_not_hide_the_rest(alice, monkeypatch):
    monkeypatch.setattr(index, "PART_TERMS", 4)
    say(alice, "An older harbour")
    ask(alice, pages_of(alice, "ropes and knots", *["harbour"] * 60, "the lighthouse keeper"))
    say(alice, "A newer harbour")
    assert SearchEntry.objects.exclude(file=None).count() > 20
    assert shown(alice, "harbour") == [("manual.pdf", 2, "harbour")]
    assert shown(alice, "lighthouse") == [("manual.pdf", 62, "lighthouse")]
    seen, before = [], None
    while True:
        page = search.messages(user=alice, typed="harbour", limit=1, before=before)
        seen += [hit.file.name if hit.file else hit.snippet[0].text for hit in page.hits]
        before = page.next
        if before is None:
            break
    # Both questions are titles as well.
    assert seen == ["A newer "] * 2 + ["manual.pdf"] + ["An older "] * 2


def test_it_is_found_where_it_was_attached_last_and_as_long_as_it_is_attached(
    alice, django_capture_on_commit_callbacks
):
    attached = pages_of(alice, "The harbour")
    assert shown(alice, "harbour") == []
    first = ask(alice, attached)
    again = attachments.send_again(attachments=[attached], question=ask(alice).messages.get(role="user"))[0]
    [hit] = search.messages(user=alice, typed="harbour").hits
    assert (hit.file.attachment_id, hit.message_id) == (again.pk, again.message_id)
    lifecycle.delete(conversation=Conversation.objects.get(turns__messages=again.message_id))
    [hit] = search.messages(user=alice, typed="harbour").hits
    assert hit.conversation_id == first.conversation_id
    with django_capture_on_commit_callbacks(execute=True):
        Conversation.everything.all().delete()
    assert not SearchEntry.objects.exists()


def test_what_a_moderator_removed_is_not_found(alice, django_capture_on_commit_callbacks):
    turn = ask(alice, attach(alice, text="The harbour"))
    assert len(shown(alice, "harbour")) == 1
    root = User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)
    with django_capture_on_commit_callbacks(execute=True):
        redaction.redact(message_id=turn.messages.get(role="user").pk, by=root, reason="It names a child.")
    assert shown(alice, "harbour") == []
    assert not SearchEntry.objects.exclude(file=None).exists()
    search.rebuild()
    assert search.messages(user=alice, typed="moderator").hits == []


def test_a_question_that_was_refused_leaves_its_file_unfound(alice, monkeypatch):
    attached = attach(alice, text="The harbour")

    def refuse(**asked):
        raise turns.RefusedByRule

    monkeypatch.setattr(turns.moderation, "check_question", refuse)
    with pytest.raises(turns.RefusedByRule):
        turns.start(conversation_id=uuid.uuid4(), author=alice, text="?", attachments=[attached.pk])
    assert shown(alice, "harbour") == []


@pytest.mark.parametrize("count", [1, 15])
def test_it_takes_the_same_few_queries_however_many_files(alice, django_assert_num_queries, count):
    for number in range(count):
        ask(alice, pages_of(alice, f"harbour {number}"))
    with django_assert_num_queries(5 if connection.vendor == "sqlite" else 6):
        assert len(search.messages(user=alice, typed="harbour").hits) == count


def test_everything_is_found_again_after_indexing_anew(alice):
    ask(alice, pages_of(alice, "Of ropes", "The harbour"))
    SearchEntry.objects.all().delete()
    assert search.rebuild() == 4
    assert shown(alice, "harbour") == [("manual.pdf", 2, "harbour")]
    SearchEntry.objects.exclude(file=None).delete()
    search.add_files()
    assert shown(alice, "harbour") == [("manual.pdf", 2, "harbour")]


def test_staff_are_told_where_and_read_it_only_with_a_reason(officer, alice, bob):  # noqa: F811
    attached = pages_of(alice, "Of ropes", "The zanzibar of quartz")
    turn = ask(alice, attached)
    second = attachments.send_again(attachments=[attached], question=ask(alice).messages.get(role="user"))[0]
    ask(bob, text="Bring zanzibar granite")
    found = finding.find(typed="zanzibar", searcher=officer, reason=REASON)
    # Bob's question is his title as well.
    assert sorted(place.finds for place in found.places) == [1, 1, 2]
    assert not any(place.excerpts for place in found.places)
    reading.grant(conversation=turn.conversation, reader=officer, reason=REASON)
    page = browser_of(officer).post("/admin/conversations/conversation/find/", {"words": "zanzibar", "reason": REASON})
    assert "[manual.pdf, p. 2] The <mark>zanzibar</mark> of quartz" in page.content.decode()
    assert page.content.decode().count("quartz") == 1
    lifecycle.delete(conversation=second.message.turn.conversation)
    assert len(finding.find(typed="quartz", searcher=officer, reason=REASON).places) == 1


def test_a_model_is_told_that_it_was_in_a_file(alice):
    ask(alice, pages_of(alice, "The harbour"))
    [found] = past.chat_history(ask(alice), {"query": "harbour"})["found"]
    assert found["said_by"] == "the attached file manual.pdf, p. 1"
