"""How many tokens a text will be, without a tokenizer: cheap, and rather too many than too few.

The rule, by the bytes of the UTF-8 text: three ASCII characters make a token (English has four or more, code about
three), a two-byte character (accents, Cyrillic, Arabic) is 0.7 tokens, a three-byte character (Chinese, Japanese,
Korean, Indic scripts) 1.3, a four-byte character (emoji) 3.
"""

from collections.abc import Sequence
from math import ceil

import orjson

from .values import Message, Tool

ASCII_PER_TOKEN = 3
TWO_BYTE_TOKENS = 0.7
THREE_BYTE_TOKENS = 1.3
FOUR_BYTE_TOKENS = 3.0
TOKENS_PER_MESSAGE = 8
TOKENS_PER_IMAGE = 768  # what Ollama counts for one

TWO_BYTE_LEADS = bytes(range(0xC2, 0xE0))
THREE_BYTE_LEADS = bytes(range(0xE0, 0xF0))
FOUR_BYTE_LEADS = bytes(range(0xF0, 0xF5))


def estimate(text: str) -> int:
    """Return the estimated number of tokens of a text."""
    if text.isascii():
        return -(-len(text) // ASCII_PER_TOKEN)
    data = text.encode("utf-8", "replace")
    two, three, four = (
        len(data) - len(data.translate(None, leads)) for leads in (TWO_BYTE_LEADS, THREE_BYTE_LEADS, FOUR_BYTE_LEADS)
    )
    ascii_characters = len(text) - two - three - four
    return ceil(
        ascii_characters / ASCII_PER_TOKEN + two * TWO_BYTE_TOKENS + three * THREE_BYTE_TOKENS + four * FOUR_BYTE_TOKENS
    )


def estimate_prompt(messages: Sequence[Message], tools: Sequence[Tool]) -> int:
    """Return the estimated number of prompt tokens of a request with these messages and tools."""
    return estimate_messages(messages) + estimate_tools(tools)


def estimate_messages(messages: Sequence[Message]) -> int:
    """Return the estimated number of prompt tokens of messages, their images and tool calls included."""
    total = 0
    for message in messages:
        total += TOKENS_PER_MESSAGE + estimate(message.text) + estimate(message.thinking)
        total += TOKENS_PER_IMAGE * len(message.images)
        for call in message.tool_calls:
            total += estimate(call.name) + estimate(orjson.dumps(call.arguments).decode()) + estimate(call.invalid)
    return total


def estimate_tools(tools: Sequence[Tool]) -> int:
    """Return the estimated number of prompt tokens that describing these tools takes."""
    return sum(estimate(tool.name + tool.description + orjson.dumps(tool.parameters).decode()) for tool in tools)
