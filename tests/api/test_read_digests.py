"""Reading what models were sent in place of earlier messages."""

import pytest

from conversations.models import ContextDigest, Turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def digest(talk: Turn) -> ContextDigest:
    made = ContextDigest.objects.create(
        conversation=talk.conversation,
        through=talk,
        text="Person: My name is Alice.",
        facts=[[4, "user", "My name is Alice."]],
        turns=1,
        messages=2,
        tokens=60,
    )
    Turn.objects.filter(pk=talk.pk).update(digest=made, condensed=2, window=8192, window_used=70)
    return made


def test_a_turn_tells_what_its_model_was_sent(program, talk, digest):
    assert program.get(f"turns/{talk.pk}/").json()["context"] == {
        "verbatim": 0,
        "condensed": 2,
        "left_out": 0,
        "digest": {"id": str(digest.pk), "version": 1, "by": "extract", "text": "Person: My name is Alice."},
        "window": 8192,
        "window_used": 70,
        "truncated": "",
        "instructed": False,
    }


def test_the_digests_of_a_conversation_are_told(program, talk, digest):
    (told,) = program.get(f"conversations/{talk.conversation_id}/digests/").json()["digests"]
    assert told.pop("created_at").endswith("Z")
    assert told == {
        "id": str(digest.pk),
        "through": str(talk.pk),
        "version": 1,
        "text": "Person: My name is Alice.",
        "turns": 1,
        "messages": 2,
        "tokens": 60,
        "by": "extract",
        "model": "",
    }


def test_the_newest_come_first(program, talk, digest):
    ContextDigest.objects.create(
        conversation=talk.conversation, through=talk, version=2, text="Shorter.", turns=1, messages=2, tokens=30
    )
    told = program.get(f"conversations/{talk.conversation_id}/digests/").json()["digests"]
    assert [each["version"] for each in told] == [2, 1]


def test_a_strangers_digests_do_not_exist(stranger, talk, digest):
    assert stranger.get(f"conversations/{talk.conversation_id}/digests/").status_code == 404
