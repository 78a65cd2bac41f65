"""Indexing everything anew."""

from io import StringIO

import pytest
from django.core.management import call_command

from conversations import lifecycle, search
from conversations.models import SearchEntry

pytestmark = pytest.mark.django_db


def test_everything_can_be_found_again(alice):
    lifecycle.create(owner=alice, title="Harbour")
    SearchEntry.objects.all().delete()
    printed = StringIO()
    call_command("rebuild_search", stdout=printed)
    assert printed.getvalue() == "1 titles, messages and parts of files can be found.\n"
    assert len(search.messages(user=alice, typed="harbour").hits) == 1
