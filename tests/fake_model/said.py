"""What a reply says, the same for both protocols, and how its words are counted."""

import base64
import json
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import Any

from . import text
from .behaviours import Behaviour

LARGEST_ARRAY = 3


@dataclass(frozen=True, slots=True)
class Said:
    """The tokens of a reply, its thinking and its tool calls."""

    tokens: tuple[str, ...]
    thinking: tuple[str, ...] = ()
    tool_calls: tuple[dict[str, Any], ...] = ()


def compose(
    *, model: str, behaviour: Behaviour, messages: list[dict[str, Any]], tools: bool, think: bool, schema: Any
) -> Said:
    """Return what `model` says to these messages: scripted, structured, about images or tools, or generated."""
    question = last_question(messages)
    thinking: tuple[str, ...] = ()
    if behaviour.thinking is not None:
        thinking = tuple(text.split_tokens(behaviour.thinking))
    elif think and "thinking" in behaviour.capabilities:
        thinking = text.thinking_tokens(model=model, message=question)
    results = [message for message in messages if message.get("role") == "tool"]
    answered = bool(results) and messages[-1].get("role") == "tool"
    calls = behaviour.tool_calls if tools and (not answered or model == "tools-forever") else ()
    if answered and not calls:
        tokens = tuple(text.split_tokens("; ".join(tool_result(message) for message in results)))
    elif behaviour.tokens is not None:
        tokens = behaviour.tokens
    elif behaviour.text is not None and (calls or not behaviour.tool_calls):
        tokens = tuple(text.split_tokens(behaviour.text))
    elif schema is not None:
        tokens = tuple(text.split_tokens(json.dumps(example(schema, question), ensure_ascii=False)))
    elif "vision" in behaviour.capabilities and images_of(messages):
        tokens = tuple(text.split_tokens(images_report(images_of(messages))))
    else:
        tokens = text.answer_tokens(model=model, message=question)
        if behaviour.stamped:
            tokens = text.stamped(tokens)
    return Said(tokens=tokens, thinking=thinking, tool_calls=calls)


def content_of(message: dict[str, Any]) -> str:
    """Return the text of a message whose content is a string, parts, or nothing."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content or ""


def last_question(messages: list[dict[str, Any]]) -> str:
    """Return the text of the last user message."""
    return next((content_of(message) for message in reversed(messages) if message.get("role") == "user"), "")


def tool_result(message: dict[str, Any]) -> str:
    name = message.get("tool_name") or message.get("tool_call_id") or "tool"
    return f"{name} said: {content_of(message)}"


def images_of(messages: list[dict[str, Any]]) -> list[bytes]:
    """Return the images of all messages: bare base64 (Ollama) or data URLs (OpenAI)."""
    images = []
    for message in messages:
        images += [base64.b64decode(image, validate=True) for image in message.get("images") or ()]
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if part.get("type") == "image_url":
                images.append(base64.b64decode(part["image_url"]["url"].partition(";base64,")[2], validate=True))
    return images


def images_report(images: list[bytes]) -> str:
    """Return one line per image with its size and digest."""
    return "\n".join(
        f"image {number}: {len(image)} bytes, sha256 {sha256(image).hexdigest()}"
        for number, image in enumerate(images, 1)
    )


def example(schema: Any, question: str) -> Any:
    """Return a value that fits a JSON schema, made of the question's words."""
    if not isinstance(schema, dict):
        return {}
    if schema.get("enum"):
        return schema["enum"][0]
    match schema.get("type"):
        case "array":
            return [example(schema.get("items", {"type": "string"}), word) for word in question.split()[:LARGEST_ARRAY]]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            return " ".join(question.split()[:8])
        case _:
            return {name: example(part, question) for name, part in schema.get("properties", {}).items()}


def count_prompt(messages: list[dict[str, Any]], behaviour: Behaviour) -> int:
    """Return the prompt's token count: the whitespace-separated words of all messages, as many as the window holds."""
    words = sum(len(content_of(message).split()) for message in messages)
    tokens = ceil(words * behaviour.per_word)
    return tokens if behaviour.window is None or tokens < behaviour.window else behaviour.window // 2


def count_words(said: Said) -> int:
    """Return the reply's token count: the whitespace-separated words of its text and thinking."""
    return len("".join(said.tokens).split()) + len("".join(said.thinking).split())
