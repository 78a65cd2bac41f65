"""OpenAI's protocol on the wire: what a request says, and what the lines of an answer mean. It needs no SDK."""

import base64
from collections.abc import Sequence
from typing import Any

import orjson

from ..answers import Answer, Garbage
from ..events import Finished
from ..values import Message, Options, Tool
from ..wire import decode
from .calls import read_call, wire_tool
from .pictures import media_type, text_without_sight

# What vLLM, llama.cpp and SGLang hand to a model's template. OpenAI itself knows efforts only.
SWITCH = "chat_template_kwargs"


def chat_request(
    *, messages: Sequence[Message], tools: Sequence[Tool], options: Options, sees: bool, is_openai: bool = False
) -> dict[str, Any]:
    """Return the body of a chat request without model and stream; `is_openai` is for OpenAI's own servers."""
    # OpenAI itself wants the newer name, the others know the older one.
    longest = "max_completion_tokens" if is_openai else "max_tokens"
    wanted: dict[str, Any] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        longest: options.max_tokens,
        "seed": options.seed,
        "stop": list(options.stop) or None,
        "reasoning_effort": options.think if isinstance(options.think, str) else None,
        SWITCH: {"enable_thinking": options.think} if isinstance(options.think, bool) and not is_openai else None,
        "tools": [wire_tool(tool) for tool in tools] or None,
    }
    if options.format == "json":
        wanted["response_format"] = {"type": "json_object"}
    elif options.format is not None:
        form = {"name": "answer", "schema": options.format} | ({"strict": True} if options.strict else {})
        wanted["response_format"] = {"type": "json_schema", "json_schema": form}
    if options.tool_choice is not None:
        wanted["tool_choice"] = wire_choice(options.tool_choice)
    body: dict[str, Any] = {"messages": [wire_message(message, sees=sees) for message in messages]}
    return body | {name: value for name, value in wanted.items() if value is not None}


def wire_choice(choice: str) -> str | dict[str, Any]:
    """Return which tool must be called, as OpenAI takes it."""
    return choice if choice == "required" else {"type": "function", "function": {"name": choice}}


def wire_message(message: Message, *, sees: bool) -> dict[str, Any]:
    """Return a message as OpenAI takes it: pictures as data URLs, arguments as JSON text, no thinking."""
    wire: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images and sees:
        urls = (f"data:{media_type(image)};base64,{base64.b64encode(image).decode()}" for image in message.images)
        wire["content"] = [
            {"type": "text", "text": message.text},
            *({"type": "image_url", "image_url": {"url": url}} for url in urls),
        ]
    elif message.images:
        wire["content"] = text_without_sight(message)
    if message.tool_calls:
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": orjson.dumps(call.arguments).decode()},
            }
            for call in message.tool_calls
        ]
    if message.role == "tool":
        wire["tool_call_id"] = message.tool_call_id
    return wire


class OpenAIAnswer(Answer):
    """An answer as OpenAI streams it: events of JSON, tool calls in parts, usage after the end, then `[DONE]`."""

    def __init__(self) -> None:
        super().__init__()
        self.reason = ""
        self.usage: dict[str, Any] = {}
        self.parts: dict[int, dict[str, str]] = {}

    def feed(self, line: bytes) -> None:
        """Take the data of one event."""
        if line.strip() == b"[DONE]":
            self.over = True
            self.end_calls()
            return
        try:
            value = decode(line)
            error = value.get("error")
            choices = value.get("choices") or ()
            choice = choices[0] if choices else {}
            delta = choice.get("delta") or {}
            reason = choice.get("finish_reason")
            thinking = delta.get("reasoning_content") or delta.get("reasoning")
            text = delta.get("content")
            calls = delta.get("tool_calls")
            usage = value.get("usage")
        except (ValueError, AttributeError, TypeError, KeyError):
            raise Garbage from None
        self.say(error=error, thinking=thinking, text=text)
        if isinstance(calls, list):
            for call in calls:
                self.add_part(call)
        if isinstance(usage, dict):
            self.usage = usage
        if reason:
            self.reason = str(reason)
            self.end_calls()
            self.ended = True

    def add_part(self, call: Any) -> None:
        """Take a part of a tool call: the first one names it, the others go on with its arguments."""
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            raise Garbage
        index = call.get("index")
        part = self.parts.setdefault(index if isinstance(index, int) else len(self.parts), {})
        for name, value in (("id", call.get("id")), ("name", function.get("name"))):
            if isinstance(value, str) and value:
                part.setdefault(name, value)
        arguments = function.get("arguments")
        if arguments is not None:
            part["arguments"] = part.get("arguments", "") + (
                arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
            )

    def end_calls(self) -> None:
        """Turn the parts into tool calls: nothing more is coming."""
        for _, part in sorted(self.parts.items()):
            self.add_call(read_call(id=part.get("id"), name=part.get("name"), arguments=part.get("arguments", "")))
        self.parts.clear()

    def finish(self, *, expected: int) -> Finished:
        """Return the end of a whole answer; `expected` is our estimate of the prompt's tokens."""
        details = self.usage.get("prompt_tokens_details")
        usage = self.usage_of(
            prompt=self.usage.get("prompt_tokens"),
            completion=self.usage.get("completion_tokens"),
            cached=details.get("cached_tokens") if isinstance(details, dict) else None,
            expected=expected,
        )
        return Finished(reason="tool_calls" if self.called else self.reason, usage=usage)
