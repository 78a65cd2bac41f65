"""The call that a message most likely asks for, for models that cannot call functions themselves.

A message that is not understood whole asks for nothing: a function that runs unasked spoils an answer, one that does
not run is only missed. English, German, French and Spanish are read.
"""

from secrets import token_hex
from typing import Any

from ...values import ToolCall
from . import arithmetic, chats, clock, weather
from .message import read

READERS = {
    "calculate": arithmetic.asked,
    "get_current_time": clock.asked,
    "get_weather": weather.asked,
    "get_session_stats": chats.statistics_asked,
    "get_all_sessions": chats.list_asked,
    "search_chat_history": chats.search_asked,
}

__all__ = ["likely_call"]


def likely_call(text: str) -> ToolCall | None:
    """Return the call that a person's message asks for and nothing else, None if it asks for none or also for more."""
    message = read(text)
    if message is None:
        return None
    for name, asked in READERS.items():
        arguments: dict[str, Any] | None = asked(message)
        if arguments is not None:
            return ToolCall(id=f"call_{token_hex(6)}", name=name, arguments=arguments)
    return None
