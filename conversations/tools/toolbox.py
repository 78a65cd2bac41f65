"""Which tools an answer may call, by the settings."""

from collections.abc import Callable, Sequence

from django.conf import settings
from django.utils import timezone

from chatsite.threads import in_database
from llm import functions
from llm.functions.likely import likely_call
from llm.values import Tool, ToolCall

from ..models import Turn
from . import documents, past
from .kind import Kind

# Those of a person's own rows, by name.
OWN: dict[str, Kind] = {kind.name: kind for kind in (*past.KINDS, *documents.KINDS)}
# Those that need no rows.
FREE: dict[str, Callable[[], Tool]] = {
    "calculate": functions.calculator,
    "get_current_time": lambda: functions.clock(timezone.get_default_timezone_name()),
}
WEATHER = "get_weather"


def offered(turn: Turn) -> list[Tool]:
    """Return the tools that this turn's answer may call, bound to the person who asked."""
    allowed = settings.TOOLS
    tools = [_bound(kind, turn) for name, kind in OWN.items() if name in allowed]
    tools += [make() for name, make in FREE.items() if name in allowed]
    if WEATHER in allowed:
        tools.append(functions.weather(**settings.WEATHER))
    return tools


def likely(question: str, tools: Sequence[Tool]) -> ToolCall | None:
    """Return the call that answers this question, if it is one of these tools' questions."""
    call = likely_call(question)
    return call if call is not None and call.name in {tool.name for tool in tools} else None


def _bound(kind: Kind, turn: Turn) -> Tool:
    async def run(arguments: dict) -> str:
        return await in_database(kind.answer, turn, arguments)

    return Tool(name=kind.name, description=kind.description, parameters=kind.parameters, run=run)
