"""A process whose readers watch very many conversations looks at the turns of these, and of no others."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations import turns
from conversations.live import mirror
from conversations.models import Message, Turn

pytestmark = pytest.mark.django_db

WATCHED = 5
AT_ONCE = 2


@pytest.fixture
def asked(alice, monkeypatch) -> list[Turn]:
    """Questions in as many conversations that another process answers just now."""
    monkeypatch.setattr(mirror, "NAMED_LIMIT", AT_ONCE)
    made = [turns.start(conversation_id=uuid.uuid4(), author=alice, text="A tide?").turn for _ in range(2 * WATCHED)]
    Turn.objects.update(status="running", worker="elsewhere")
    return made


def test_all_that_is_watched_is_found_however_much_that_is(asked):
    watched = asked[:WATCHED]
    found = mirror.differing({str(turn.conversation_id): {} for turn in watched}, "here")
    assert {turn.pk for turn in found} == {turn.pk for turn in watched}


def test_texts_of_what_nobody_watches_here_are_not_read(asked):
    with CaptureQueriesContext(connection) as queries:
        assert mirror.differing({str(uuid.uuid4()): {} for _ in range(WATCHED)}, "here") == []
    assert len(queries)
    assert not [query for query in queries if Message._meta.db_table in query["sql"]]


def test_an_end_that_was_told_is_not_told_again(asked):
    turn, other = asked[:2]
    Turn.objects.update(status="completed")
    told = {
        str(turn.conversation_id): {str(turn.pk): "completed"},
        str(other.conversation_id): {str(other.pk): "running"},
    }
    assert [each.pk for each in mirror.differing(told, "here")] == [other.pk]


def test_what_runs_here_is_not_looked_for(asked):
    Turn.objects.update(worker="here")
    assert mirror.differing({str(turn.conversation_id): {} for turn in asked}, "here") == []
