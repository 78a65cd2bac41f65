"""What a request for a chat completion asks for."""

from collections.abc import Mapping
from typing import Any

from llm.values import Message, Options, Tool, ToolCall

from .. import pictures
from ..asked import (
    CALL_ID_CHARACTERS,
    MODEL_CHARACTERS,
    MOST_STOPS,
    MOST_TOOLS,
    STOP_CHARACTERS,
    Asked,
    Calls,
    check_tools,
    make_call,
    make_tool,
    read_conversation,
)
from ..fields import Fields

# They say who asks, or how OpenAI itself should store, bill or cache; none of it changes an answer here.
HARMLESS = (
    "user",
    "store",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "verbosity",
)
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
LARGEST_SEED = 2**31 - 1


def read(body: Any, headers: Mapping[str, str]) -> Asked:
    """Return what is asked for; raises Invalid for what is wrong, unknown, or cannot be done here."""
    fields = Fields(body)
    model = fields.name("model", longest=MODEL_CHARACTERS)
    metadata = fields.inner("metadata")
    conversation_id = read_conversation(metadata, headers)
    stream_options = fields.inner("stream_options")
    include_usage = False
    if stream_options:
        include_usage = bool(stream_options.flag("include_usage"))
        stream_options.ignore("include_obfuscation")
        stream_options.done()
    messages = read_messages(fields)
    tools, chosen = read_tools(fields)
    options = read_options(fields, chosen=chosen)
    parallel = fields.flag("parallel_tool_calls")
    stream = bool(fields.flag("stream"))
    refuse(fields)
    fields.ignore(*HARMLESS)
    fields.done()
    return Asked(
        model=model,
        messages=messages,
        options=options,
        tools=tools,
        stream=stream,
        one_call=parallel is False,
        include_usage=include_usage,
        conversation_id=conversation_id,
    )


def refuse(fields: Fields) -> None:
    """Raise for what would change the answer, and cannot be done by every model server."""
    if fields.whole("n", most=128) not in (None, 1):
        raise fields.wrong("n", "can only be 1: one answer is written for each request.", code="unsupported")
    for name in ("presence_penalty", "frequency_penalty"):
        fields.refuse(name, 0)
    fields.refuse("logit_bias", {})
    fields.refuse("logprobs", False)
    fields.refuse("top_logprobs", 0)
    fields.refuse("modalities", ["text"])
    for name in ("audio", "prediction", "web_search_options", "moderation"):
        fields.refuse(name)
    for name in ("functions", "function_call"):
        if fields.has(name):
            raise fields.wrong(name, "is not supported any more: use tools and tool_choice.", code="unsupported")


def read_options(fields: Fields, *, chosen: str | None) -> Options:
    """Return how the answer is to be written."""
    longest = fields.whole("max_completion_tokens")
    older = fields.whole("max_tokens")
    form, strict = read_format(fields)
    return Options(
        temperature=fields.number("temperature", least=0, most=2),
        top_p=fields.number("top_p", least=0, most=1),
        max_tokens=older if longest is None else longest,
        seed=fields.whole("seed", least=-LARGEST_SEED, most=LARGEST_SEED),
        stop=read_stops(fields),
        think=fields.choice("reasoning_effort", EFFORTS),
        format=form,
        strict=strict,
        tool_choice=chosen,
    )


def read_stops(fields: Fields) -> tuple[str, ...]:
    """Return the texts at which the answer ends: one, or a list."""
    value = fields.any("stop")
    wrapped = Fields({"stop": [value] if isinstance(value, str) else value})
    return wrapped.texts("stop", most=MOST_STOPS, longest=STOP_CHARACTERS)


def read_format(fields: Fields) -> tuple[Any, bool]:
    """Return the JSON schema of the answer, "json" for any JSON object or None, and whether it is held strictly."""
    wanted = fields.inner("response_format")
    if wanted is None:
        return None, False
    kind = wanted.choice("type", ("text", "json_object", "json_schema"))
    if kind is None:
        raise wanted.wrong("type", "is missing.")
    if kind != "json_schema":
        wanted.done()
        return ("json" if kind == "json_object" else None), False
    described = wanted.part("json_schema")
    described.needed("schema")
    schema, strict = described.schema("schema"), bool(described.flag("strict"))
    described.ignore("name", "description")
    described.done()
    wanted.done()
    return schema, strict


def read_tools(fields: Fields) -> tuple[tuple[Tool, ...], str | None]:
    """Return the tools, none if the model may not call any, and which one it must call."""
    tools = []
    for item in fields.objects("tools", most=MOST_TOOLS):
        if item.text("type") != "function":
            raise item.wrong("type", "can only be function.", code="unsupported")
        function = item.part("function")
        tools.append(make_tool(function, schema="parameters"))
        function.ignore("strict")
        function.done()
        item.done()
    choice = read_choice(fields)
    offered = tuple(tools)
    if choice == "none":
        return (), None
    chosen = None if choice == "auto" else choice
    check_tools(fields, offered, chosen)
    return offered, chosen


def read_choice(fields: Fields) -> str:
    """Return auto, none, required, or the name of the tool that must be called."""
    value = fields.any("tool_choice")
    if value is None:
        return "auto"
    if isinstance(value, str):
        if value not in ("auto", "none", "required"):
            raise fields.wrong("tool_choice", "must be auto, none, required or a function by name.")
        return value
    choice = Fields(value, "tool_choice")
    if choice.text("type") != "function":
        raise choice.wrong("type", "can only be function.", code="unsupported")
    function = choice.part("function")
    name = function.name("name", longest=128)
    function.done()
    choice.done()
    return name


def read_messages(fields: Fields) -> tuple[Message, ...]:
    """Return the messages, oldest first; there is at least one."""
    fields.needed("messages")
    calls = Calls()
    messages = tuple(read_message(item, calls) for item in fields.objects("messages"))
    if not messages:
        raise fields.wrong("messages", "must hold at least one message.")
    return messages


def read_message(fields: Fields, calls: Calls) -> Message:
    """Return one message, in the form in which OpenAI's client also gives an answer back."""
    fields.needed("role")
    role = fields.choice("role", ("developer", "system", "user", "assistant", "tool"))
    fields.ignore("name")
    if role == "assistant":
        message = read_answer(fields, calls)
    else:
        fields.needed("content")
        text, images = read_content(fields, pictures_allowed=role == "user")
        if role == "tool":
            message = calls.result(fields, id="tool_call_id", text=text)
        elif role == "user":
            message = Message("user", text, images=images)
        else:
            message = Message("system", text)
    fields.done()
    return message


def read_answer(fields: Fields, calls: Calls) -> Message:
    """Return an earlier answer of the assistant."""
    text, _ = read_content(fields, pictures_allowed=False)
    thinking = fields.text("reasoning_content") or ""
    made = tuple(calls.add(read_call(item)) for item in fields.objects("tool_calls"))
    refusal = fields.text("refusal")
    for name in ("audio", "function_call"):
        fields.refuse(name)
    fields.ignore("annotations")
    if not text and not made and refusal is None and not thinking:
        raise fields.wrong("content", "is missing.")
    return Message("assistant", text or refusal or "", thinking=thinking, tool_calls=made)


def read_call(fields: Fields) -> ToolCall:
    """Return a tool call of an earlier answer."""
    id = fields.name("id", longest=CALL_ID_CHARACTERS)
    fields.choice("type", ("function",))
    fields.ignore("index")
    function = fields.part("function")
    name = function.name("name", longest=128)
    call = make_call(id=id, name=name, arguments=function.text("arguments") or "")
    function.done()
    fields.done()
    return call


def read_content(fields: Fields, *, pictures_allowed: bool) -> tuple[str, tuple[bytes, ...]]:
    """Return the text of a message, its parts a line each, and its pictures."""
    value = fields.any("content")
    if value is None or isinstance(value, str):
        return value or "", ()
    texts: list[str] = []
    images: list[bytes] = []
    for part in Fields({"content": value}, fields.path).objects("content"):
        kind = part.text("type")
        if kind in ("text", "refusal"):
            part.needed(kind)
            texts.append(part.text(kind) or "")
        elif kind == "image_url" and pictures_allowed:
            picture = part.part("image_url")
            images.append(pictures.from_uri(picture, "url"))
            picture.ignore("detail")
            picture.done()
        else:
            raise part.wrong("type", "is no kind of content that can be used here.", code="unsupported")
        part.done()
    return "\n".join(texts), tuple(images)
