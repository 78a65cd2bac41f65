"""Finding without scripts, and what the palette is told."""

import pytest

from conversations import search, turns
from conversations.models import Conversation

from .conftest import browser_of

pytestmark = pytest.mark.django_db


def test_finds_are_marked_escaped_and_lead_to_their_message(alice, bob, talk):
    answer = talk.messages.get(role="assistant")
    answer.text = "The <b>harbour</b> & its **harbour** master"
    answer.save()
    search.keep_messages(talk.conversation, [answer])
    browser, stranger = browser_of(alice), browser_of(bob)
    address = f"/chat/{talk.conversation_id}/?at={answer.pk}"
    for path in ("/search/?q=harbour", "/palette/?q=harb"):
        page = browser.get(path).content.decode()
        assert address in page
        assert "<mark>harbour</mark>" in page
        assert "<b>harbour" not in page
        assert address not in stranger.get(path).content.decode()
    page = browser.get(address).content.decode()
    assert f'data-place="{answer.pk}"' in page
    # Somebody else's message, or none at all, opens the chat as always.
    assert "data-place" not in browser.get(f"/chat/{talk.conversation_id}/?at={talk.pk}").content.decode()
    assert "data-place" not in browser.get(f"/chat/{talk.conversation_id}/?at=nonsense").content.decode()


def test_what_cannot_be_looked_for_says_so(alice):
    browser = browser_of(alice)
    for typed, said in (
        ("-", "Type a word to look for."),
        ("x" * 501, "500 characters at most"),
        ("a%00b", "NUL"),
        ("nowhere", "Nothing"),
    ):
        for path in ("/search/", "/palette/"):
            answer = browser.get(f"{path}?q={typed}")
            assert answer.status_code == 200
            assert said in answer.content.decode(), (path, typed[:10])
    assert browser.get("/search/?q=nowhere&older=x").status_code == 200


def test_the_palette_has_what_can_be_done_here(alice, bob, talk):
    browser = browser_of(alice)
    here = browser.get(f"/palette/?current={talk.conversation_id}").content.decode()
    for shown in ("A secret question", "New chat", "Archive this chat", "Sign out", "API keys"):
        assert shown in here
    assert "Administration" not in here
    strangers = browser_of(bob).get(f"/palette/?current={talk.conversation_id}").content.decode()
    assert "Archive this chat" not in strangers
    # By the beginnings of its words, in any order.
    fitting = browser.get("/palette/?q=th+da").content.decode()
    assert "Dark theme" in fitting
    assert "Light theme" not in fitting
    Conversation.objects.update(archived=True)
    assert "A secret question" not in browser.get("/palette/").content.decode()


def test_without_scripts_a_message_in_another_version_is_a_click_away(alice, talk):
    other = turns.retry(turn=talk, author=alice).turn
    browser = browser_of(alice)
    answer = talk.messages.get(role="assistant")
    page = browser.get(f"/chat/{talk.conversation_id}/?at={answer.pk}").content.decode()
    assert "This message is in another version of the chat" in page
    fields = {"turn": talk.pk, "at": answer.pk}
    # Not while an answer is being written; the page that says so does not try again.
    refused = browser.post(f"/chat/{talk.conversation_id}/switch/", fields)
    assert refused.headers["Location"] == f"/chat/{talk.conversation_id}/"
    type(other).objects.filter(pk=other.pk).update(status="completed")
    browser.get(f"/chat/{talk.conversation_id}/")
    opened = browser.post(f"/chat/{talk.conversation_id}/switch/", fields)
    assert opened.headers["Location"] == f"/chat/{talk.conversation_id}/?at={answer.pk}"
    assert f'data-place="{answer.pk}"' in browser.get(opened.headers["Location"]).content.decode()
