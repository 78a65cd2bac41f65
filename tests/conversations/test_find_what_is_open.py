"""What is looked for every other second is found by an index of the few rows it is about, however many there are."""

import datetime

import pytest
from django.db import connection
from django.utils import timezone

from conversations.models import Conversation, Flag, Job, Turn
from conversations.models.literal import literally

NOW = timezone.now()
LOOKED_FOR = {
    "one_open_turn": Turn.objects.open,
    "jobs_due": lambda: Job.objects.filter(literally("state", "queued"), due_at__lte=NOW),
    "jobs_running": lambda: Job.objects.running().filter(heartbeat_at__lte=NOW),
    "conversations_left": lambda: Conversation.objects.left(NOW - datetime.timedelta(hours=1)),
    "flags_undecided": lambda: Flag.objects.undecided().order_by("-created_at"),
}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by how many rows there are."),
]


@pytest.mark.parametrize("index", LOOKED_FOR)
def test_it_is_found_by_its_index(index):
    assert f"INDEX {index}" in LOOKED_FOR[index]().explain()


def test_what_is_due_is_found_by_its_index_beside_what_is_deleted():
    assert "INDEX jobs_due" in Job.objects.due().explain()


def test_a_value_that_could_end_the_sql_is_refused():
    with pytest.raises(ValueError, match="'"):
        str(Turn.objects.filter(literally("status", "x' OR '1")).query)
