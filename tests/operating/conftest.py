"""Rows of every kind, with words that a copy could spoil."""

import pytest
from django.core.files.base import ContentFile

from accounts import audit
from accounts.models import User
from conversations import lifecycle, search, vectors
from conversations.models import Calibration, Conversation, Message, StoredFile, Turn, UsageEntry
from tests.api.conftest import ask, finish

# What COPY, JSON and SQL each have their own idea of.
AWKWARD = 'tab\t newline\n back\\slash \\N \'quotes\' "double" \u2028 é 漢字 🏳️‍🌈 \x7f \v\f\b {"a": 1} end\\'


@pytest.fixture(autouse=True)
def _a_folder_that_nobody_serves_from(settings, tmp_path_factory):
    settings.DATA_DIR = tmp_path_factory.mktemp("data")


@pytest.fixture
def rows(alice: User, kept_files) -> Turn:
    """A turn with messages, a file, what it cost, an audit entry, and awkward words in all of them."""
    turn = finish(ask(alice, text=AWKWARD), AWKWARD)
    values = {"deep": [{"words": AWKWARD, "exact": 0.1, "large": 12345678901234567890, "none": None, "yes": True}]}
    Turn.objects.filter(pk=turn.pk).update(parameters={"temperature": 1e-7, "top": 1.0}, notes=[values, []])
    Message.objects.filter(turn=turn, role="assistant").update(tool_calls=[values], thinking=AWKWARD)
    Conversation.objects.update(title=AWKWARD)
    for cost in ("0.0000000001", "12345.6789", None):
        UsageEntry.objects.create(
            user=alice, turn_id=turn.pk, model="m", prompt_tokens=3, completion_tokens=4, cost=cost, prompt_price="0.25"
        )
    file = StoredFile(owner=alice, sha256="0" * 64, size=3, kind="text", media_type="text/plain", receipt=values)
    file.content.save("x", ContentFile(b"abc"))
    vectors.row(file.pk, 0, [0.5, -0.25, 0.0, -1.0], model="ollama/embed").save()
    Calibration.objects.create(model="m", ratio=0.1 + 0.2)
    audit.enter("purge", sessions=2)
    lifecycle.create(owner=alice, title="Harbour")
    search.rebuild()
    return turn
