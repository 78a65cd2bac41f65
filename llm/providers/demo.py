"""The model in the box: not an AI, says so, and shows what an answer looks like."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence

from ..events import Event, Finished, Stage, Text
from ..tokens import estimate, estimate_messages
from ..values import Message, Model, Options, Tool, Usage

TOKENS_PER_SECOND = 40
LONGEST_QUOTE = 300

MODEL = Model(
    id="demo/demo",
    name="demo",
    provider="demo",
    capabilities=frozenset({"completion"}),
    context_length=None,
    description="Not an AI: a built-in stand-in that shows how answers look.",
)

ANSWER = """\
## This is a demonstration, not an AI

No model server is connected, so nobody has read your question. You wrote:

{quote}

It has **{words}** and **{characters}**, and that is all that can be said about it here.

### How to get real answers

1. **On this machine**: install [Ollama](https://ollama.com/download), then fetch a model:

   ```sh
   ollama pull llama3.2
   ```

   It is found at `http://127.0.0.1:11434`; set `OLLAMA_BASE_URL` for another address.
2. **From a provider**: set `OPENAI_BASE_URL` and `OPENAI_API_KEY` and start again. OpenAI, Groq, vLLM and
   llama.cpp all speak this protocol.

### Until then

| You can try | What happens |
|---|---|
| Stop | the text so far is kept |
| Reload this page | the answer goes on where it was |
| A second tab | shows the same text |

Everything else on this page works as it will with a real model.
"""


class DemoProvider:
    """One model that answers every question with the same explanation around it."""

    name = "demo"

    async def models(self) -> list[Model]:
        """Return the demo model."""
        return [MODEL]

    async def close(self) -> None:
        """Nothing is open."""

    async def stream(
        self, *, model: str, messages: Sequence[Message], tools: Sequence[Tool] = (), options: Options
    ) -> AsyncGenerator[Event, None]:
        """Stream the explanation at the speed of a real model; the same question gets the same text."""
        question = next((message.text for message in reversed(messages) if message.role == "user"), "")
        text = answer(question)
        yield Stage("reading")
        loop = asyncio.get_running_loop()
        due = loop.time()
        for token in re.findall(r"\s*\S+\s*$|\s*\S+", text):
            due += 1 / TOKENS_PER_SECOND
            await asyncio.sleep(due - loop.time())
            yield Text(token)
        usage = Usage(estimate_messages(messages), estimate(text), exact=False)
        yield Finished(reason="stop", usage=usage)


def answer(question: str) -> str:
    """Return the demo model's whole answer to a question."""
    shown = question if len(question) <= LONGEST_QUOTE else question[:LONGEST_QUOTE] + "…"
    quote = "\n".join(f"> {line}" for line in shown.splitlines()) or "> (nothing)"
    return ANSWER.format(
        quote=quote,
        words=plural(len(question.split()), "word"),
        characters=plural(len(question), "character"),
    )


def plural(count: int, noun: str) -> str:
    """Return "1 word" or "2 words"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
