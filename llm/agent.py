"""The loop of an answer: stream, run the tools it asks for, stream again."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import orjson

from .events import Event, Finished, RoundEnded, Stage, Text, Thinking, ToolCalled, ToolReturned
from .providers.base import Provider
from .schema import problems
from .values import Message, Model, Options, Tool, ToolCall, Usage
from .wire import clean

logger = logging.getLogger(__name__)

LARGEST_RESULT_BYTES = 64 * 1024
LARGEST_ARGUMENTS_BYTES = 64 * 1024


def run(
    *,
    provider: Provider,
    model: Model,
    messages: Sequence[Message],
    tools: Sequence[Tool] = (),
    options: Options,
    max_rounds: int = 8,
    max_seconds: float = 60,
) -> AsyncGenerator[Event, None]:
    """Stream a whole answer, tools included; the one `Finished` at its end carries the usage of all rounds.

    After `max_rounds` rounds or `max_seconds` of tools no tools are offered any more, so that the model says what it
    knows. Raises `ModelError`; a tool's failure is none, the model is told instead.
    """
    if not tools or "tools" not in model.capabilities:
        # The provider's own stream, not a generator around it: one step less for every token.
        return provider.stream(model=model.name, messages=messages, options=options)
    return converse(
        provider=provider,
        model=model,
        messages=list(messages),
        tools=tools,
        options=options,
        max_rounds=max_rounds,
        seconds_left=max_seconds,
    )


async def converse(
    *,
    provider: Provider,
    model: Model,
    messages: list[Message],
    tools: Sequence[Tool],
    options: Options,
    max_rounds: int,
    seconds_left: float,
) -> AsyncGenerator[Event, None]:
    """Stream rounds of an answer until one asks for no tool."""
    offered = {tool.name: tool for tool in tools}
    total: Usage | None = None
    for round_number in range(1, max_rounds + 1):
        last_round = round_number == max_rounds or seconds_left <= 0
        said: list[str] = []
        thought: list[str] = []
        calls: list[ToolCall] = []
        finished: Finished | None = None
        stream = provider.stream(
            model=model.name, messages=messages, tools=() if last_round else tools, options=options
        )
        async with aclosing(stream) as events:
            async for event in events:
                match event:
                    case Text(text):
                        said.append(text)
                    case Thinking(text):
                        thought.append(text)
                    case ToolCalled(call):
                        calls.append(call)
                        if last_round:
                            continue
                    case Finished():
                        finished = event
                        total = add(total, event.usage)
                        continue
                yield event
        if finished is None or not calls or last_round:
            reason = "tool_limit" if calls else finished.reason if finished else "stop"
            yield Finished(
                reason=reason,
                usage=total,
                timings=finished.timings if finished else {},
                last=finished.usage if finished else None,
            )
            return
        yield RoundEnded(finished.usage)
        messages.append(
            Message(role="assistant", text="".join(said), thinking="".join(thought), tool_calls=tuple(calls))
        )
        for call in calls:
            yield Stage("tool", {"name": call.name})
            started = time.monotonic()
            result, ok = await use(call=call, offered=offered, seconds=max(seconds_left, 0))
            taken = time.monotonic() - started
            seconds_left -= taken
            yield ToolReturned(call=call, result=result, ok=ok, ms=round(taken * 1000))
            messages.append(Message(role="tool", text=result, tool_call_id=call.id, tool_name=call.name))


async def use(*, call: ToolCall, offered: dict[str, Tool], seconds: float) -> tuple[str, bool]:
    """Run a tool call and return what the model is told, and whether it went well."""
    tool = offered.get(call.name)
    if tool is None:
        return f"unknown_tool: there is no tool named {call.name!r}. There are: {', '.join(sorted(offered))}.", False
    if wrong := invalid(call=call, tool=tool):
        return f"invalid_arguments: {wrong}", False
    try:
        async with asyncio.timeout(seconds):
            result = await tool.run(call.arguments)
    except TimeoutError:
        return "tool_timeout: the tool took too long.", False
    except Exception as error:
        # Whatever a tool does wrong, the answer goes on; the model gets the kind of error, the log gets the rest.
        logger.warning("The tool %s failed", call.name, exc_info=True)
        return f"tool_error: the tool failed ({type(error).__name__}).", False
    return shorten(clean(result)), True


def invalid(*, call: ToolCall, tool: Tool) -> str:
    """Return what is wrong with the arguments of a call, empty if nothing is."""
    if call.invalid:
        return "the arguments are not a JSON object."
    try:
        size = len(orjson.dumps(call.arguments))
    except (TypeError, orjson.JSONEncodeError):
        return "the arguments cannot be read."
    if size > LARGEST_ARGUMENTS_BYTES:
        return "the arguments are too long."
    return " ".join(problems(call.arguments, schema=tool.parameters))


def shorten(result: str) -> str:
    """Return a tool's result cut at 64 KB, with a note that says so."""
    data = result.encode()
    if len(data) <= LARGEST_RESULT_BYTES:
        return result
    kept = data[:LARGEST_RESULT_BYTES].decode("utf-8", "ignore")
    return f"{kept}\n[The result was cut here: {len(data) - len(kept.encode())} more bytes.]"


def add(total: Usage | None, more: Usage | None) -> Usage | None:
    """Return the sum of two usages; it is exact if both are."""
    if total is None or more is None:
        return total or more
    return Usage(
        prompt_tokens=total.prompt_tokens + more.prompt_tokens,
        completion_tokens=total.completion_tokens + more.completion_tokens,
        cached_tokens=total.cached_tokens + more.cached_tokens,
        exact=total.exact and more.exact,
    )
