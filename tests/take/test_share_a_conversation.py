"""Sharing a branch by a link: a moment, to be read and no more, until it ends."""

import datetime
import re

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from conversations import lifecycle, turns
from conversations.models import Attachment, Message, ShareLink, Turn
from tests.take.conftest import answer, ask, browser_of

pytestmark = pytest.mark.django_db

NOBODY = Client()


def share(person, conversation, **fields) -> str:
    """Return the path of a new link."""
    made = browser_of(person).post(
        f"/api/conversations/{conversation.pk}/shares/", fields, content_type="application/json"
    )
    assert made.status_code == 201, made.content
    return made.json()["url"].removeprefix("http://testserver")


def test_whoever_has_the_link_reads_that_moment_and_no_more(alice, bob, rich):
    path = share(alice, rich)
    page = NOBODY.get(path)
    assert page.status_code == 200
    text = page.content.decode()
    assert "And then?" in text and "Or it does not." in text and "lease.txt" in text
    # No name, no thoughts, no tools, no bytes, nothing to press, no way to anything of hers.
    for hidden in (
        "Alice",
        "alice",
        "Let me think.",
        "search_documents",
        "found",
        "<form",
        "<button",
        "<script",
        str(rich.pk),
    ):
        assert hidden not in text, hidden
    assert not re.search(r'href="(?!/static|/s/|\?|#|https://example.org/)', text)
    assert "noindex" in page["X-Robots-Tag"] and "noindex" in text
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"] and "private" in page["Cache-Control"]
    # What comes later is not in it: another turn, another version, another title.
    turn = answer(ask(alice, rich.pk, "A later secret"), "Later")
    Turn.objects.filter(pk=turn.pk).update(status="completed")
    turns.edit(turn=Turn.objects.get(pk=rich.leaf_id), author=alice, text="Another secret")
    lifecycle.rename(conversation=rich, title="A secret title")
    assert NOBODY.get(path).content == page.content == browser_of(bob).get(path).content
    assert NOBODY.get(path + "?as=owner").content == page.content
    for method in ("post", "put", "patch", "delete"):
        assert getattr(NOBODY, method)(path).status_code in {403, 405}


def test_with_what_was_ticked(alice, rich, kept_files):
    attachment = Attachment.objects.get()
    attachment.file.image.save("image", ContentFile(b"a picture"), save=True)
    plain, full = share(alice, rich), share(alice, rich, with_name=True, with_work=True, with_images=True)
    text = NOBODY.get(full).content.decode()
    assert "Shared by Alice" in text and "Let me think." in text and "lease ``` end" in text
    assert "alice@example.org" not in text
    image = NOBODY.get(f"{full}images/{attachment.pk}/")
    assert b"".join(image.streaming_content) == b"a picture"
    assert "no-store" in image["Cache-Control"] and "noindex" in image["X-Robots-Tag"]
    assert f"{full}images/{attachment.pk}/" in text
    assert NOBODY.get(f"{plain}images/{attachment.pk}/").status_code == 404
    # A file of another chat is not in this one.
    other = answer(ask(alice, "3f2f6c1e-5c43-4f0e-9a53-2b0f6e1f3a11", "Elsewhere"), "Yes")
    Attachment.objects.create(owner=alice, file=attachment.file, name="x.jpg", message=other.messages.get(role="user"))
    for each in Attachment.objects.exclude(pk=attachment.pk):
        assert NOBODY.get(f"{full}images/{each.pk}/").status_code == 404
    alice.name = ""
    alice.save()
    assert "Shared by Somebody" in NOBODY.get(full).content.decode()


def test_a_link_ends(alice, bob, rich, settings):
    paths = [share(alice, rich) for _ in range(5)]
    revoked, expired, kept, *_ = paths
    links = {each.digest: each for each in ShareLink.objects.all()}
    assert len(links) == 5 and not any(path.split("/")[2] in digest for path in paths for digest in links)
    mine = browser_of(alice)
    found = mine.get("/api/shares/").json()["shares"]
    assert len(found) == 5 and not any("url" in each or "digest" in each for each in found)
    link = ShareLink.objects.get(digest=_digest(revoked))
    assert browser_of(bob).delete(f"/api/shares/{link.pk}/").status_code == 404
    assert NOBODY.get(revoked).status_code == 200
    assert mine.delete(f"/api/shares/{link.pk}/").status_code == 204
    assert mine.get(f"/api/shares/{link.pk}/").json()["state"] == "revoked"
    assert NOBODY.get(revoked).status_code == 404
    over = ShareLink.objects.get(digest=_digest(expired))
    assert over.expires_at and abs(over.expires_at - timezone.now() - datetime.timedelta(days=30)).seconds < 60
    ShareLink.objects.filter(pk=over.pk).update(expires_at=timezone.now())
    assert NOBODY.get(expired).status_code == 404
    # The same for one that there never was.
    assert NOBODY.get("/s/guessed/").status_code == 404
    settings.SHARING = False
    assert NOBODY.get(kept).status_code == 404
    refused = mine.post(f"/api/conversations/{rich.pk}/shares/", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "sharing_off")
    assert b"turned off" in mine.get(f"/chat/{rich.pk}/share/").content
    settings.SHARING = True
    assert NOBODY.get(kept).status_code == 200
    alice.is_active = False
    alice.save()
    assert NOBODY.get(kept).status_code == 404
    alice.is_active = True
    alice.save()
    lifecycle.delete(conversation=rich)
    assert NOBODY.get(kept).status_code == 404
    lifecycle.restore(conversation_id=rich.pk, user=alice)
    assert NOBODY.get(kept).status_code == 200
    settings.UNDO_DELETE_SECONDS = 0
    lifecycle.delete(conversation=rich)
    assert NOBODY.get(kept).status_code == 404 and not ShareLink.objects.exists()


def _digest(path: str) -> str:
    import hashlib

    return hashlib.sha256(path.split("/")[2].encode()).hexdigest()


def test_what_cannot_be_shared(alice, bob, rich, new_id):
    mine = browser_of(alice)

    def refused(conversation_id, **fields) -> tuple[int, str]:
        address = f"/api/conversations/{conversation_id}/shares/"
        answer = mine.post(address, fields, content_type="application/json")
        return answer.status_code, answer.json()["code"]

    empty = lifecycle.create(owner=alice)
    running = ask(alice, new_id, "Still running")
    theirs = ask(bob, "3f2f6c1e-5c43-4f0e-9a53-2b0f6e1f3a11", "Bob's")
    assert refused(empty.pk) == (400, "nothing_to_share")
    assert refused(running.conversation_id) == (409, "turn_running")
    assert refused(theirs.conversation_id) == (404, "not_found")
    assert refused(rich.pk, branch=str(theirs.pk)) == (404, "not_found")
    assert refused(rich.pk, days=5) == (400, "invalid_days")
    assert refused(rich.pk, owner=str(bob.pk)) == (400, "unknown_field")
    # Another branch than the open one.
    second = Turn.objects.get(conversation=rich, messages__text__startswith="Then <script>")
    text = NOBODY.get(share(alice, rich, branch=str(second.pk))).content.decode()
    assert "&lt;script&gt;alert(1)" in text and "Or it does not." not in text


def test_a_long_chat_comes_in_parts(alice, rich, monkeypatch):
    monkeypatch.setattr("conversations.shares.TURNS_SHOWN", 1)
    path = share(alice, rich)
    first, second = NOBODY.get(path).content.decode(), NOBODY.get(path + "?page=2").content.decode()
    assert "Can we" in first and "And then?" not in first and "Part 1 of 2" in first
    assert "Can we" not in second and "And then?" in second
    for wrong in ("0", "3", "-1", "x", "9" * 30):
        assert NOBODY.get(f"{path}?page={wrong}").status_code == 404


def test_the_pages_make_and_revoke_a_link_without_a_script(alice, rich):
    mine = browser_of(alice)
    form = mine.get(f"/chat/{rich.pk}/share/").content.decode()
    link_id = re.search(r'name="link_id" value="([^"]+)"', form)
    assert link_id
    asked = {"days": "7", "with_name": "on", "link_id": link_id[1]}
    made = mine.post(f"/chat/{rich.pk}/share/", asked).content.decode()
    address = re.search(r'id="address">http://testserver([^<]+)<', made)
    assert address and NOBODY.get(address[1]).status_code == 200
    # Sent twice, it is one link, and its address stays untold.
    again = mine.post(f"/chat/{rich.pk}/share/", asked).content.decode()
    assert "made already" in again and 'id="address"' not in again and ShareLink.objects.count() == 1
    listed = mine.get("/data/").content.decode()
    assert "The &lt;lease&gt;" in listed and address[1] not in listed
    mine.post(f"/shares/{link_id[1]}/revoke/", {"from": "data"})
    assert NOBODY.get(address[1]).status_code == 404
    assert "revoked" in mine.get("/data/").content.decode()


def test_the_page_brings_chats_in_without_a_script(alice, bob, rich):
    raw = b"".join(browser_of(alice).get(f"/api/conversations/{rich.pk}/export/", {"format": "zip"}).streaming_content)
    theirs = browser_of(bob)
    done = theirs.post("/data/import/", {"file": ContentFile(raw, name="x.zip")}, follow=True)
    assert done.redirect_chain[0][0].startswith("/chat/") and b"And then?" in done.content
    wrong = theirs.post("/data/import/", {"file": ContentFile(b"{}", name="x.json")}, follow=True)
    assert "This is no export of a conversation." in wrong.content.decode()
    assert Message.objects.filter(turn__author=bob).count() == 7
