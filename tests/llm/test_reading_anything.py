"""A model server may say anything: what comes of it is an answer that can be kept, or an error that is foreseen."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.answers import Garbage, ServerFailed
from llm.errors import ModelError
from llm.events import Finished, Text, Thinking, ToolCalled
from llm.providers.ollama import OllamaAnswer
from llm.providers.openai import OpenAIAnswer

# Words that both protocols know, so that a heap of them is often nearly an answer.
WORDS = st.sampled_from(
    [
        *("message", "content", "thinking", "tool_calls", "function", "name", "arguments", "id", "index", "done"),
        *("done_reason", "error", "choices", "delta", "reasoning_content", "reasoning", "finish_reason", "usage"),
        *("prompt_tokens", "completion_tokens", "prompt_tokens_details", "cached_tokens", "prompt_eval_count"),
        *("eval_count", "prompt_eval_cached_count", "total_duration", "load_duration", "eval_duration"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["stop", "\ud800", "a\0b", '{"a": 1}', "[" * 5000])
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=25
)


def told(**fields) -> st.SearchStrategy:
    """Return lines that have the right names, and mostly the wrong things under them."""
    return st.fixed_dictionaries({}, optional={name: value | ANYTHING for name, value in fields.items()})


CALL = told(
    id=st.text(max_size=5), index=st.integers(-3, 3), function=told(name=st.text(max_size=9), arguments=ANYTHING)
)
SAID = told(content=st.text(max_size=9), reasoning=st.text(max_size=9), thinking=st.text(), tool_calls=st.lists(CALL))
LINES = {
    OllamaAnswer: told(message=SAID, done=st.booleans(), error=st.none(), eval_count=st.integers()),
    OpenAIAnswer: told(
        choices=st.lists(told(delta=SAID, finish_reason=st.sampled_from(["stop", "tool_calls"])), max_size=2),
        usage=told(prompt_tokens=st.integers(), completion_tokens=st.integers(), prompt_tokens_details=ANYTHING),
    ),
}


@pytest.mark.parametrize("kind", LINES)
@given(data=st.data())
def test_whatever_a_server_says_is_an_answer_or_an_error_with_a_code(kind, data):
    answer = kind()
    values = data.draw(st.lists(LINES[kind] | ANYTHING, max_size=6))
    lines = [json.dumps(value).encode() for value in values] + data.draw(st.lists(st.binary(max_size=30), max_size=1))
    events = []
    try:
        for line in lines:
            answer.feed(line)
            events += answer.take()
        if not answer.ended:
            # Told as cut off, by whoever reads the stream.
            return
        finished = answer.finish(expected=7, **({"window": 100} if kind is OllamaAnswer else {}))
    except (Garbage, ServerFailed, ModelError):
        return
    assert {type(event) for event in events} <= {Text, Thinking, ToolCalled}
    # What a database takes: no half letters, no character 0, and no negative counts.
    json.dumps([event.text for event in events if not isinstance(event, ToolCalled)]).encode()
    for event in events:
        said = event.call.name if isinstance(event, ToolCalled) else event.text
        assert "\0" not in said
        said.encode()
    assert isinstance(finished, Finished)
    usage = finished.usage
    assert min(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) >= 0
    assert isinstance(finished.reason, str)
