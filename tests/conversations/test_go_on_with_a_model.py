"""Going on with an answer, with a model server behind it: what it is sent, what becomes of it, what it took."""

import pytest

from chatsite.threads import in_database
from conversations import turns
from conversations.models import Turn
from tests.usage.conftest import stage  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("server", ["ollama", "openai"])
async def test_a_stopped_answer_goes_on_and_only_the_rest_is_entered(stage, alice, server):  # noqa: F811
    stage.fake.replies.append({"text": "The tide comes in twi", "end": "error", "error": "out of memory"})
    old = await stage.answered(alice, f"{server}/fast")
    assert old.status == Turn.Status.INTERRUPTED
    stage.fake.replies.append({"text": "twice a day.", "thinking": "Where was I?"})
    turn = await stage.ended((await in_database(turns.resume, turn=old, author=alice)).turn)
    answer = await in_database(turn.messages.get, role="assistant")
    assert (turn.status, answer.text) == (Turn.Status.COMPLETED, "The tide comes in twice a day.")
    assert answer.thinking_ms is not None
    sent = stage.fake.chats[-1].body["messages"]
    assert [each["role"] for each in sent[-3:]] == ["user", "assistant", "user"]
    assert sent[-2]["content"] == "The tide comes in twi"
    [entry] = await stage.entries(turn)
    assert 0 < entry.completion_tokens < 20


async def test_a_function_called_first_leaves_the_sentence_whole(stage, alice):  # noqa: F811
    stage.fake.replies.append({"text": "The tide comes in twi", "end": "error", "error": "out of memory"})
    old = await stage.answered(alice, "ollama/tools")
    call = {"name": "calculate", "arguments": {"expression": "1 + 1"}}
    stage.fake.replies.append({"text": "", "tool_calls": [call]})
    turn = await stage.ended((await in_database(turns.resume, turn=old, author=alice)).turn)
    said = await in_database(list, turn.messages.all())
    assert [message.role for message in said] == ["user", "tool", "assistant"]
    # No new paragraph: what was cut off is gone on with.
    assert said[-1].text == "The tide comes in twi calculate said: 1 + 1 = 2"
