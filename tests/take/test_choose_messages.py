"""The page on which one ticks what to take along: single messages, or everything up to one of them."""

import io

import orjson
import pytest
from pypdf import PdfReader

from accounts.models import AuditEntry
from conversations.models import ContextDigest, Conversation, Message, Turn
from tests.take.conftest import browser_of
from tests.take.test_import_a_conversation import bring

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(rich) -> str:
    return f"/chat/{rich.pk}/export/"


@pytest.fixture
def branch(rich) -> list[Turn]:
    """The turns of the open branch, the oldest first."""
    ids = Turn.objects.branch_ids(rich.leaf_id, 100)[::-1]
    return [Turn.objects.get(pk=pk) for pk in ids]


def said(turn: Turn, role: str) -> Message:
    return turn.messages.get(role=role)


def send(person, address, **fields):
    return browser_of(person).post(address, fields)


def content(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_page_lists_what_was_said_on_the_open_branch_and_nothing_is_ticked(alice, rich, address, branch):
    page = browser_of(alice).get(address).content.decode()
    for turn in branch:
        assert f'value="{said(turn, "user").pk}"' in page and f'value="{said(turn, "assistant").pk}"' in page
    beside = Turn.objects.filter(conversation=rich).exclude(pk__in=[turn.pk for turn in branch]).get()
    assert str(said(beside, "assistant").pk) not in page
    assert " checked" not in page.partition("<main")[2]
    # A way from the chat.
    assert f'href="{address}"' in browser_of(alice).get(f"/chat/{rich.pk}/").content.decode()


def test_only_what_is_ticked_is_in_the_file_in_its_order(alice, address, branch):
    first, last = said(branch[0], "assistant"), said(branch[-1], "user")
    answer = send(alice, address, message=[str(last.pk), str(first.pk)], format="txt")
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    text = content(answer).decode()
    assert -1 < text.index("# A heading") < text.index(last.text)
    for other in (said(branch[0], "user"), said(branch[-1], "assistant")):
        assert other.text not in text


def test_everything_before_the_last_that_is_ticked_comes_along_where_one_wants_that(alice, rich, address, branch):
    answer = send(alice, address, message=str(said(branch[0], "user").pk), format="md", up_to="on")
    text = content(answer).decode()
    assert "it?" in text and "# A heading" in text
    assert said(branch[-1], "user").text not in text
    entry = AuditEntry.objects.filter(action="conversation.exported").latest("number")
    assert entry.facts == {"format": "md", "branch": str(branch[0].pk)}


def test_a_single_message_as_a_pdf(alice, address, branch):
    answer = send(alice, address, message=str(said(branch[0], "assistant").pk), format="pdf")
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content(answer))).pages)
    assert "A heading" in words and said(branch[-1], "user").text not in words


def test_turns_that_did_not_follow_each_other_do_in_json_and_come_in_as_one_chat(alice, bob, rich, address, branch):
    assert len(branch) == 2
    third = Turn.objects.create(
        conversation=rich, author=alice, parent=branch[-1], depth=2, status="completed", fingerprint="x"
    )
    for position, (role, text) in enumerate((("user", "And the third?"), ("assistant", "Here."))):
        Message.objects.create(turn=third, position=position, role=role, text=text, status="complete")
    chosen = [str(said(branch[0], "user").pk), str(said(third, "assistant").pk)]
    told = orjson.loads(content(send(alice, address, message=chosen, format="json")))
    assert [turn["id"] for turn in told["turns"]] == [str(branch[0].pk), str(third.pk)]
    assert [turn["parent"] for turn in told["turns"]] == [None, str(branch[0].pk)]
    assert told["conversation"]["leaf"] == str(third.pk)
    answer = bring(bob, told)
    assert answer.status_code == 201, answer.content
    brought = Conversation.objects.get(owner=bob)
    assert [turn.depth for turn in brought.turns.order_by("depth")] == [0, 1]
    entry = AuditEntry.objects.filter(action="conversation.exported").latest("number")
    assert entry.facts == {"format": "json", "messages": 2}


def test_without_a_tick_or_with_a_strange_one_the_page_says_what_is_wrong(alice, rich, address, branch):
    page = send(alice, address, format="md")
    assert page.status_code == 400 and b"Tick at least one message." in page.content
    one = str(said(branch[0], "user").pk)
    assert send(alice, address, message="everything", format="md").status_code == 400
    page = send(alice, address, message=one, format="exe")
    assert page.status_code == 400
    # What was ticked still is.
    assert f'value="{one}" checked' in page.content.decode()


def test_messages_of_two_branches_are_not_one_story(alice, rich, branch):
    beside = Turn.objects.filter(conversation=rich).exclude(pk__in=[turn.pk for turn in branch]).get()
    ids = ",".join(str(said(turn, "assistant").pk) for turn in (branch[-1], beside))
    answer = browser_of(alice).get(f"/api/conversations/{rich.pk}/export/", {"format": "md", "message": ids})
    assert (answer.status_code, answer.json()["code"]) == (400, "not_one_branch")
    ids = ",".join([ids] * 600)
    answer = browser_of(alice).get(f"/api/conversations/{rich.pk}/export/", {"format": "md", "message": ids})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_messages")


def test_nobody_else_sees_the_page_or_takes_a_message(alice, bob, rich, address, branch):
    assert browser_of(bob).get(address).status_code == 404
    one = str(said(branch[0], "user").pk)
    assert send(bob, address, message=one, format="md").status_code == 404
    mine = Conversation.objects.create(owner=bob)
    assert send(bob, f"/chat/{mine.pk}/export/", message=one, format="md").status_code == 404
    assert browser_of(bob).get(f"/chat/{mine.pk}/export/").status_code == 200


def test_what_was_condensed_of_other_messages_does_not_come_along(alice, bob, rich, address, branch):
    digest = ContextDigest.objects.filter(conversation=rich).first()
    assert digest is not None and digest.through_id in {turn.pk for turn in branch}
    later = branch[-1]
    Turn.objects.filter(pk=later.pk).update(digest=digest)
    ContextDigest.objects.filter(pk=digest.pk).update(through=branch[0], text="- The PIN is 4711.")
    whole = orjson.loads(content(send(alice, address, message=str(said(later, "user").pk), format="json", up_to="on")))
    assert [each["text"] for each in whole["digests"]] == ["- The PIN is 4711."]
    ContextDigest.objects.filter(pk=digest.pk).update(through=later)
    told = orjson.loads(content(send(alice, address, message=str(said(later, "user").pk), format="json")))
    assert (told["digests"], told["turns"][0]["digest"]) == ([], None)
    assert bring(bob, told).status_code == 201


def test_files_of_other_messages_are_not_named(alice, rich, address, branch):
    first, later = branch[0], branch[-1]
    Turn.objects.filter(pk=later.pk).update(included=first.included)

    def names(*chosen: Turn) -> list[list[str]]:
        ids = [str(said(turn, "assistant").pk) for turn in chosen]
        told = orjson.loads(content(send(alice, address, message=ids, format="json")))
        return [[each["name"] for each in turn["included"]] for turn in told["turns"]]

    assert names(later) == [[]]
    assert names(first, later) == [["lease.txt"], ["lease.txt"]]


def test_ids_that_are_none_are_not_the_whole_chat(alice, rich, address, branch):
    for ids in (",", ",,"):
        answer = browser_of(alice).get(f"/api/conversations/{rich.pk}/export/", {"format": "md", "message": ids})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert send(alice, address, message=",", format="md").status_code == 400
