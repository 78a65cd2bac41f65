"""Two programs that change one conversation: with If-Match, only one of them can be first."""

import threading
import uuid

import pytest
from django.db import connection

from conversations import lifecycle
from conversations.errors import PreconditionFailed
from conversations.models import Conversation

from .conftest import ask, finish

WRITERS = 8


@pytest.fixture
def address(talk) -> str:
    return f"conversations/{talk.conversation_id}/"


@pytest.mark.django_db
def test_a_change_to_what_was_read_is_taken(program, address):
    tag = program.get(address)["ETag"]
    assert program.patch(address, {"title": "First"}, if_match=tag).status_code == 200
    assert program.patch(address, {"title": "Any"}, if_match="*").status_code == 200
    tag = program.get(address)["ETag"]
    assert program.patch(address, {"title": "One of them"}, if_match=f'"x", {tag}').status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_change_to_what_has_changed_is_refused(program, address, method):
    tag = program.get(address)["ETag"]
    program.patch(address, {"title": "First"})
    answer = program.send(method, address, {"title": "Second"}, if_match=tag)
    assert answer.status_code == 412
    assert answer.json()["code"] == "precondition_failed"
    assert Conversation.objects.get().title == "First"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_weak_tag_is_not_enough_to_change(program, address, method):
    tag = program.get(address)["ETag"]
    assert program.send(method, address, {"title": "Second"}, if_match=f"W/{tag}").status_code == 412
    assert Conversation.objects.get().title == "What is a tide?"


@pytest.mark.django_db
def test_a_new_question_is_a_change_too(program, alice, talk, address):
    tag = program.get(address)["ETag"]
    finish(ask(alice, talk.conversation_id, "More"))
    assert program.delete(address, if_match=tag).status_code == 412
    assert program.delete(address, if_match=program.get(address)["ETag"]).status_code == 204


@pytest.mark.django_db
def test_a_tag_of_nothing_is_still_404(program, stranger, address):
    tag = program.get(address)["ETag"]
    assert stranger.patch(address, {"title": "x"}, if_match=tag).status_code == 404
    assert program.patch(f"conversations/{uuid.uuid4()}/", {"title": "x"}, if_match="*").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_many_writers_at_once_one_wins(alice):
    conversation = lifecycle.create(owner=alice, title="Before")
    read = {lifecycle.version_of(conversation)}
    together, won, lost = threading.Barrier(WRITERS), [], []

    def write(title: str) -> None:
        try:
            mine = Conversation.objects.get(pk=conversation.pk)
            together.wait()
            lifecycle.change(conversation=mine, changes={"title": title}, expected=read)
            won.append(title)
        except PreconditionFailed:
            lost.append(title)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(f"Writer {number}",)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(lost) == WRITERS - 1
    assert won == [Conversation.objects.get().title]
