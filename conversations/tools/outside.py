"""Tools of MCP servers: who may use them is said in the administrator's file, and nothing is sent there but the
arguments that the model has written."""

from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chatsite.threads import in_database
from llm import mcp
from llm.values import Tool

from ..models import Turn

_servers: mcp.Servers | None = None


def check() -> None:
    """Raise ImproperlyConfigured where servers are named that could never be asked."""
    if not settings.MCP_CONFIG:
        return
    if find_spec("mcp") is None:
        raise ImproperlyConfigured("MCP_CONFIG needs a package: pip install -r requirements-mcp.txt")
    try:
        mcp.read(Path(settings.MCP_CONFIG))
    except mcp.McpConfigError as error:
        raise ImproperlyConfigured(f"MCP_CONFIG: {error}") from None


async def start() -> None:
    """Begin to connect to the servers, on the loop of this process's engine."""
    global _servers
    if settings.MCP_CONFIG:
        _servers = mcp.Servers(mcp.read(Path(settings.MCP_CONFIG)))
        await _servers.start()


async def close() -> None:
    """End all connections."""
    global _servers
    if _servers is not None:
        await _servers.close()
        _servers = None


async def offered(turn: Turn) -> list[Tool]:
    """Return the tools of the servers that are there now and that the turn's author may use."""
    found = _servers.offered() if _servers is not None else []
    if any(each.server.groups is not None for each in found):
        groups = await in_database(_groups, turn)
        found = [each for each in found if each.server.groups is None or each.server.groups & groups]
    return [each.tool for each in found]


def states() -> dict[str, str]:
    """Return whether each server is there, by its name."""
    return _servers.states() if _servers is not None else {}


def _groups(turn: Turn) -> set[str]:
    return set(turn.author.groups.values_list("name", flat=True))
