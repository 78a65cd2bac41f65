"""Tags: words of a person's own, unique however they are written, on as many conversations as one likes."""

import uuid

import pytest

from conversations import lifecycle, tags
from conversations.errors import Invalid, NotFound, TagTaken
from conversations.models import Conversation, Tag

pytestmark = pytest.mark.django_db


def test_names_are_unique_for_each_person_however_they_are_written(alice, bob):
    made = tags.make(owner=alice, name="  Straße \n 7 ")
    assert (made.name, made.colour) == ("Straße 7", "blue")
    for same in ("STRASSE 7", "straße 7", "Ｓtraße 7"):
        with pytest.raises(TagTaken):
            tags.make(owner=alice, name=same)
    assert tags.make(owner=bob, name="Straße 7").pk != made.pk
    other = tags.make(owner=alice, name="Other")
    assert other.colour != made.colour
    with pytest.raises(TagTaken):
        tags.change(tag=other, name="STRASSE 7")
    assert tags.change(tag=made, name="strasse 7", colour="red").name == "strasse 7"


def test_what_is_no_name_or_colour_is_refused(alice):
    tag = tags.make(owner=alice, name="Fine")
    for wrong in ("", " \n", "x" * 41, "a\x00", "\ud800"):
        with pytest.raises(Invalid):
            tags.make(owner=alice, name=wrong)
        with pytest.raises(Invalid):
            tags.change(tag=tag, name=wrong)
    with pytest.raises(Invalid):
        tags.make(owner=alice, name="Other", colour="pink")
    assert [each.name for each in tags.listing(user=alice)] == ["Fine"]


def test_a_conversation_has_those_it_is_given_and_new_ones_are_made(alice):
    conversation = lifecycle.create(owner=alice, title="House")
    before = lifecycle.version_of(conversation)
    changed = lifecycle.change(conversation=conversation, changes={"tags": ["Work", "home", "WORK"], "pinned": True})
    assert changed.tag_names == ["home", "WORK"]
    assert lifecycle.version_of(Conversation.objects.get()) != before
    lifecycle.change(conversation=conversation, changes={"tags": ["Home"]})
    assert Conversation.objects.get().tag_names == ["home"]
    assert {tag.name: tag.used for tag in tags.listing(user=alice)} == {"home": 1, "WORK": 0}


def test_there_are_limits(alice, monkeypatch):
    conversation = lifecycle.create(owner=alice, title="House")
    monkeypatch.setattr(tags, "TAGS_PER_CONVERSATION", 2)
    monkeypatch.setattr(tags, "TAGS_PER_PERSON", 3)
    with pytest.raises(Invalid):
        lifecycle.change(conversation=conversation, changes={"tags": ["1", "2", "3"]})
    three = [tags.make(owner=alice, name=str(number)) for number in range(3)]
    with pytest.raises(Invalid):
        tags.make(owner=alice, name="4")
    with pytest.raises(Invalid):
        tags.rearrange(user=alice, add=[(tag.pk, conversation.pk) for tag in three], remove=[])
    assert not conversation.tags.exists()


def test_several_are_put_on_several_and_taken_off_again(alice, bob):
    talks = [lifecycle.create(owner=alice, title=f"Chat {number}") for number in range(3)]
    one, two = tags.make(owner=alice, name="One"), tags.make(owner=alice, name="Two")
    foreign = tags.make(owner=bob, name="Bob's")
    deleted = lifecycle.create(owner=alice, title="Deleted")
    lifecycle.delete(conversation=deleted)
    tags.rearrange(user=alice, add=[(one.pk, talk.pk) for talk in talks], remove=[])
    tags.rearrange(user=alice, add=[(two.pk, talks[0].pk), (one.pk, talks[0].pk)], remove=[(one.pk, talks[1].pk)])
    having = [talk.tag_names for talk in talks]
    assert having == [["One", "Two"], [], ["One"]]
    for pair in ((foreign.pk, talks[0].pk), (one.pk, deleted.pk), (one.pk, uuid.uuid4())):
        with pytest.raises(NotFound):
            tags.rearrange(user=alice, add=[pair], remove=[(one.pk, talks[2].pk)])
    with pytest.raises(NotFound):
        tags.rearrange(user=bob, add=[(foreign.pk, talks[0].pk)], remove=[])
    assert [talk.tag_names for talk in talks] == having


def test_a_deleted_tag_leaves_its_conversations_as_they_are(alice):
    conversation = lifecycle.create(owner=alice, title="House")
    lifecycle.change(conversation=conversation, changes={"tags": ["Work"]})
    tags.delete(tag=Tag.objects.get())
    assert (Conversation.objects.get().title, Conversation.objects.get().tag_names) == ("House", [])


def test_two_who_change_different_things_both_have_their_way(alice):
    made = tags.make(owner=alice, name="Pumps", colour="blue")
    stale = Tag.objects.get(pk=made.pk)
    tags.change(tag=made, colour="red")
    tags.change(tag=stale, name="Valves")
    made.refresh_from_db()
    assert (made.name, made.colour) == ("Valves", "red")
