"""What a request for a message asks for."""

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
    make_tool,
    read_conversation,
)
from ..fields import Fields

# They say who asks, or how Anthropic itself should bill, place or cache; none of it changes an answer here.
HARMLESS = (
    "service_tier",
    "speed",
    "inference_geo",
    "cache_control",
    "diagnostics",
    "user_profile_id",
    "workspace_id",
)
HINTS = ("cache_control", "strict", "eager_input_streaming", "input_examples", "defer_loading", "allowed_callers")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
FAILED = "Error: "


def read(body: Any, headers: Mapping[str, str], *, counting: bool = False) -> Asked:
    """Return what is asked for; raises Invalid for what is wrong, unknown, or cannot be done here.

    `counting` reads a request to count tokens, which has no `max_tokens`.
    """
    fields = Fields(body)
    model = fields.name("model", longest=MODEL_CHARACTERS)
    metadata = fields.inner("metadata")
    conversation_id = read_conversation(metadata, headers)
    if not counting:
        fields.needed("max_tokens")
    longest = fields.whole("max_tokens")
    messages = (*read_system(fields), *read_messages(fields))
    tools, chosen, one_call = read_tools(fields)
    thinking = read_thinking(fields)
    options = Options(
        temperature=fields.number("temperature", least=0, most=1),
        top_p=fields.number("top_p", least=0, most=1),
        # The protocol demands it, so it cannot be refused where it cannot be kept.
        max_tokens=longest if conversation_id is None else None,
        stop=fields.texts("stop_sequences", most=MOST_STOPS, longest=STOP_CHARACTERS),
        think=thinking if conversation_id is None else None,
        format=(form := read_format(fields)),
        strict=form is not None,
        tool_choice=chosen,
    )
    stream = bool(fields.flag("stream"))
    for name in ("top_k", "container", "mcp_servers", "context_management"):
        fields.refuse(name)
    fields.ignore(*HARMLESS)
    fields.done()
    return Asked(
        model=model,
        messages=messages,
        options=options,
        tools=tools,
        stream=stream,
        one_call=one_call,
        show_thinking=thinking,
        conversation_id=conversation_id,
    )


def read_thinking(fields: Fields) -> bool:
    """Return whether the model is to think, and to show it."""
    wanted = fields.inner("thinking")
    if wanted is None:
        return False
    kind = wanted.choice("type", ("enabled", "disabled", "adaptive"))
    if kind is None:
        raise wanted.wrong("type", "is missing.")
    # How much a model thinks is its own business.
    wanted.whole("budget_tokens")
    wanted.choice("display", ("summarized", "omitted"))
    wanted.done()
    return kind != "disabled"


def read_format(fields: Fields) -> dict[str, Any] | None:
    """Return the JSON schema of the answer."""
    wanted = fields.inner("output_config")
    if wanted is None:
        return None
    wanted.choice("effort", EFFORTS)
    schema = None
    if form := wanted.inner("format"):
        if form.text("type") != "json_schema":
            raise form.wrong("type", "can only be json_schema.", code="unsupported")
        form.needed("schema")
        schema = form.schema("schema")
        form.done()
    wanted.done()
    return schema


def read_tools(fields: Fields) -> tuple[tuple[Tool, ...], str | None, bool]:
    """Return the tools, which one must be called, and whether only one may be called."""
    tools = []
    for item in fields.objects("tools", most=MOST_TOOLS):
        if (item.text("type") or "custom") != "custom":
            raise item.wrong("type", "can only be custom: there are no tools on this side.", code="unsupported")
        tools.append(make_tool(item, schema="input_schema"))
        item.ignore(*HINTS)
        item.done()
    offered = tuple(tools)
    choice = fields.inner("tool_choice")
    if choice is None:
        check_tools(fields, offered, None)
        return offered, None, False
    kind = choice.choice("type", ("auto", "any", "tool", "none"))
    if kind is None:
        raise choice.wrong("type", "is missing.")
    chosen = choice.name("name", longest=128) if kind == "tool" else "required" if kind == "any" else None
    one_call = bool(choice.flag("disable_parallel_tool_use"))
    choice.done()
    check_tools(fields, offered, chosen)
    return (() if kind == "none" else offered), chosen, one_call


def read_system(fields: Fields) -> tuple[Message, ...]:
    """Return the system prompt, sent as text or as blocks of text."""
    text = read_text(fields, "system")
    return (Message("system", text),) if text else ()


def read_text(fields: Fields, name: str) -> str:
    """Return text that was sent as text or as blocks of text."""
    value = fields.any(name)
    if value is None or isinstance(value, str):
        return value or ""
    texts = []
    for block in Fields({name: value}, fields.path).objects(name):
        if block.text("type") != "text":
            raise block.wrong("type", "can only be text here.", code="unsupported")
        texts.append(read_text_block(block))
    return "\n".join(texts)


def read_text_block(block: Fields) -> str:
    """Return the text of a block whose type has been read."""
    block.needed("text")
    text = block.text("text") or ""
    block.ignore("cache_control", "citations")
    block.done()
    return text


def read_messages(fields: Fields) -> tuple[Message, ...]:
    """Return the messages, oldest first; the last one is not the assistant's."""
    fields.needed("messages")
    calls = Calls()
    messages: list[Message] = []
    for item in fields.objects("messages"):
        item.needed("role")
        item.needed("content")
        role = item.choice("role", ("user", "assistant", "system"))
        if role == "user":
            messages += read_user(item, calls)
        elif role == "assistant":
            messages.append(read_assistant(item, calls))
        else:
            messages.append(Message("system", read_text(item, "content")))
        item.done()
    if not messages:
        raise fields.wrong("messages", "must hold at least one message.")
    if messages[-1].role == "assistant":
        raise fields.wrong("messages", "must end with a user's message: answers are not continued.", code="unsupported")
    return tuple(messages)


def blocks_of(fields: Fields) -> list[Fields]:
    """Return the blocks of a message; plain text is one block."""
    value = fields.any("content")
    if isinstance(value, str):
        value = [{"type": "text", "text": value}]
    return Fields({"content": value}, fields.path).objects("content")


def read_user(fields: Fields, calls: Calls) -> list[Message]:
    """Return the results of tools that a message brings, and then its text and pictures."""
    results: list[Message] = []
    texts: list[str] = []
    images: list[bytes] = []
    for block in blocks_of(fields):
        match block.text("type"):
            case "text":
                texts.append(read_text_block(block))
            case "image":
                images.append(read_picture(block))
            case "tool_result":
                results.append(read_result(block, calls))
            case _:
                raise block.wrong("type", "is no kind of content that can be used here.", code="unsupported")
    if texts or images or not results:
        return [*results, Message("user", "\n".join(texts), images=tuple(images))]
    return results


def read_picture(block: Fields) -> bytes:
    """Return the picture of a block."""
    source = block.part("source")
    if source.text("type") != "base64":
        raise source.wrong("type", "can only be base64: addresses are not fetched.", code="unsupported")
    media_type, data = source.name("media_type", longest=100), source.name("data", longest=2**31)
    source.done()
    block.ignore("cache_control")
    block.done()
    return pictures.decode(source, "data", media_type=media_type, data=data)


def read_result(block: Fields, calls: Calls) -> Message:
    """Return the result of a tool; that it failed is said in its text, because models have no other field for it."""
    text = read_text(block, "content")
    failed = block.flag("is_error")
    message = calls.result(block, id="tool_use_id", text=f"{FAILED}{text}" if failed else text)
    block.ignore("cache_control")
    block.done()
    return message


def read_assistant(fields: Fields, calls: Calls) -> Message:
    """Return an earlier answer of the assistant."""
    texts: list[str] = []
    thoughts: list[str] = []
    made: list[ToolCall] = []
    for block in blocks_of(fields):
        match block.text("type"):
            case "text":
                texts.append(read_text_block(block))
            case "thinking":
                thoughts.append(block.text("thinking") or "")
                block.ignore("signature")
                block.done()
            case "redacted_thinking":
                # Nobody here could read it.
                continue
            case "tool_use":
                made.append(calls.add(read_call(block)))
            case _:
                raise block.wrong("type", "is no kind of content that can be used here.", code="unsupported")
    return Message("assistant", "\n".join(texts), thinking="\n".join(thoughts), tool_calls=tuple(made))


def read_call(block: Fields) -> ToolCall:
    """Return a tool call of an earlier answer."""
    id, name = block.name("id", longest=CALL_ID_CHARACTERS), block.name("name", longest=128)
    arguments = block.any("input")
    if not isinstance(arguments, dict):
        raise block.wrong("input", "must be a JSON object.")
    block.ignore("cache_control", "caller")
    block.done()
    return ToolCall(id=id, name=name, arguments=arguments)
