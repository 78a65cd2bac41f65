"""What was condensed by rule is condensed again by a model, once, while nobody waits for it."""

import uuid

import pytest

from chatsite.threads import in_database
from conversations import work
from conversations.models import ContextDigest, Job

from ..usage.conftest import stage  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "The pump of hall 7 runs hot in the afternoon and nobody knows why. " * 60
PROSE = "They speak about the pump of hall 7, which runs hot."


@pytest.fixture
def small(settings):
    """A window that a few long messages fill."""
    settings.LLM = settings.LLM | {"context_length": 4096}


async def test_a_model_writes_a_better_digest_and_the_next_question_is_sent_it(small, stage, alice, settings):  # noqa: F811
    settings.AUTO_TITLES = False
    conversation_id = uuid.uuid4()
    await stage.answered(alice, "openai/fast", f"My name is Alice. {LONG} tokens=5", conversation_id=conversation_id)
    for _ in range(5):
        await stage.answered(alice, "openai/fast", f"{LONG} tokens=5", conversation_id=conversation_id)
    [job, *_] = await in_database(lambda: list(Job.objects.filter(kind="digest").order_by("created_at")))
    stage.fake.replies.append({"text": PROSE})
    await in_database(work.perform, job.pk)
    better = await in_database(ContextDigest.objects.get, by="model")
    assert PROSE in better.text
    assert "Alice" in better.text, "the facts stay beside the prose"
    assert (await in_database(Job.objects.get, pk=job.pk)).state == "done"
