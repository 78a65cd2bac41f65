"""Calls of a model beside the answers, such as for a title: measured like those, and ready for the ledger."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from typing import Any

from llm.embeddings import Embedder
from llm.errors import ModelError
from llm.events import Finished, Text, Thinking
from llm.meter import Meter
from llm.tokens import estimate, estimate_prompt
from llm.values import Embedded, Message, Model, Options, Usage

from . import ledger

Outcome = ledger.OUTCOME

# A model that does not stop by itself is stopped here.
LONGEST_ANSWER_PIECES = 20_000


async def ask(
    provider: Any,
    model: Model,
    messages: Sequence[Message],
    options: Options,
    *,
    purpose: str,
    calls: list[ledger.Call],
    seconds: float | None = None,
) -> str:
    """Return what a model says, in at most so many seconds; raises ModelError.

    Whatever comes of it, what the ledger has to be told is added to `calls`.
    """
    meter = Meter(prompt=estimate_prompt(messages, ()))
    finished: Finished | None = None
    outcome: str = Outcome.INTERRUPTED
    code = ""
    said: list[str] = []
    try:
        stream = provider.stream(model=model.name, messages=messages, options=options)
        async with asyncio.timeout(seconds), aclosing(stream) as events:
            async for event in events:
                if isinstance(event, Text | Thinking):
                    meter.first_at = meter.first_at or time.monotonic()
                    meter.pieces += event.pieces
                    if isinstance(event, Text):
                        said.append(event.text)
                elif isinstance(event, Finished):
                    finished = event
                if meter.pieces > LONGEST_ANSWER_PIECES:
                    break
        outcome = Outcome.COMPLETED
        return "".join(said)
    except TimeoutError:
        code = "model_timeout_total"
        raise ModelError("model_timeout_total", "The model took too long.", retryable=True) from None
    except ModelError as error:
        code = error.code
        raise
    finally:
        if outcome != Outcome.COMPLETED and code and not meter.pieces:
            outcome = Outcome.FAILED
        meter.end_call(finished.usage if finished else None, error_code=code)
        names = {"provider": model.provider, "model": model.id, "purpose": purpose}
        calls += [ledger.Call(measured=each, outcome=outcome, **names) for each in meter.calls]


async def embed(
    embedder: Embedder,
    asking: Coroutine[Any, Any, Embedded],
    texts: Sequence[str],
    *,
    calls: list[ledger.Call],
) -> list[list[float]]:
    """Return the vectors of these texts, for which `asking` asks the model; raises ModelError.

    Whatever comes of it, what the ledger has to be told is added to `calls`.
    """
    meter = Meter(prompt=sum(map(estimate, texts)))
    outcome: str = Outcome.INTERRUPTED
    code, usage = "", None
    try:
        found = await asking
        outcome = Outcome.COMPLETED
        if found.tokens is not None:
            usage = Usage(prompt_tokens=found.tokens, completion_tokens=0)
        return found.vectors
    except ModelError as error:
        outcome, code = Outcome.FAILED, error.code
        raise
    finally:
        meter.end_call(usage, error_code=code)
        names = {"provider": embedder.provider_name, "model": embedder.id, "purpose": ledger.PURPOSE.EMBEDDING}
        calls += [ledger.Call(measured=each, outcome=outcome, **names) for each in meter.calls]
