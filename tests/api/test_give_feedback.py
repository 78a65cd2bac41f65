"""Thumbs up or down: said, changed, taken back, read by those who look after the server."""

import pytest
from django.test import Client

from accounts.models import User
from conversations.models import Feedback
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401

from .conftest import ask

pytestmark = pytest.mark.django_db


def test_an_answer_is_judged_and_one_changes_ones_mind(program, stranger, alice, talk):
    message = talk.messages.get(role="assistant")
    path = f"messages/{message.pk}/feedback/"
    assert program.get(path).json()["code"] == "no_feedback"
    said = program.send("put", path, {"value": "down", "reason": " Too long. "}).json()
    assert (said["message"], said["value"], said["reason"]) == (str(message.pk), "down", "Too long.")
    assert program.send("put", path, {"value": "up"}).json()["reason"] == ""
    assert program.get(path).json()["value"] == "up"
    assert Feedback.objects.count() == 1
    for method, body in (("get", None), ("put", {"value": "down"}), ("delete", None)):
        answer = stranger.get(path) if method == "get" else stranger.send(method, path, body)
        assert answer.status_code == 404
    for body, code in (
        ({"value": "sideways"}, "invalid"),
        ({"value": None}, "invalid"),
        ({"reason": "Why not"}, "invalid"),
        ({"value": "up", "stars": 5}, "unknown_field"),
        ({"value": "up", "reason": "x" * 2001}, "reason_too_long"),
        ({"value": "up", "reason": "a\x00b"}, None),
    ):
        refused = program.send("put", path, body)
        assert refused.status_code in (400, 413), body
        assert code in (refused.json()["code"], None), body
    assert program.delete(path).status_code == 204
    assert program.delete(path).status_code == 204
    assert not Feedback.objects.exists()
    # A question, and an answer that is being written, are not judged.
    running = ask(alice)
    for other in (talk.messages.get(role="user"), running.messages.get(role="assistant")):
        assert program.send("put", f"messages/{other.pk}/feedback/", {"value": "up"}).status_code == 404


def test_those_who_look_after_the_server_see_that_something_was_said_and_not_what(alice, talk, program):
    message = talk.messages.get(role="assistant")
    message.text, message.model = "A secret answer", "ollama/m"
    message.save()
    program.send("put", f"messages/{message.pk}/feedback/", {"value": "down", "reason": "It is wrong."})
    keeper = browser_of(User.objects.create_superuser("keeper@example.org"))
    page = keeper.get("/admin/conversations/feedback/").content.decode()
    for shown in ("Has a reason", "ollama/m", alice.email, str(talk.conversation_id)):
        assert shown in page
    one = keeper.get(f"/admin/conversations/feedback/{Feedback.objects.get().pk}/change/").content.decode()
    for hidden in ("It is wrong.", "A secret answer"):
        assert hidden not in page + one


def test_without_scripts_a_form_does_the_same(alice, bob, talk):
    browser: Client = browser_of(alice)
    path = f"/turns/{talk.pk}/feedback/"
    chat = f"/chat/{talk.conversation_id}/"
    assert browser.post(path, {"value": "up", "reason": ""}).headers["Location"] == chat
    assert Feedback.objects.get().value == "up"
    assert 'aria-label="Good answer" title="Good answer" aria-pressed="true"' in browser.get(chat).content.decode()
    assert browser_of(bob).post(path, {"value": "down"}).status_code == 404
    browser.post(path, {"value": "up", "reason": "x" * 3000})
    assert "2000 characters at most" in browser.get(chat).content.decode()
    browser.post(path, {"value": ""})
    assert not Feedback.objects.exists()
    assert browser.get(f"/turns/{talk.pk}/markdown/").content == b"An answer."
