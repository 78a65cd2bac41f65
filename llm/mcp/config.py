"""The file that names MCP servers: JSON, written by whoever runs the house, never by the people who chat in it.

{"servers": {"library": {"command": "library-mcp", "args": ["--read"], "env": {"SHELF": "2"},
                         "groups": ["Teachers"], "tools": ["find"], "ask": "writing"},
             "weather": {"url": "https://mcp.example.org/mcp", "headers": {"Authorization": "Bearer …"}}}}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

# When people are asked before a tool runs: for every call, for tools that do not say that they only read, or for none.
Ask = Literal["always", "writing", "never"]

NAME = re.compile(r"[a-z][a-z0-9-]{0,23}")
FIELDS = {"command", "args", "env", "url", "headers", "groups", "tools", "ask"}


class McpConfigError(ValueError):
    """What is wrong with the file, in a sentence."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server: either a `command` that is started, or a `url` that is asked by streamable HTTP.

    `groups` names those whose members may use it, `tools` those that are offered; None: everybody, all of them.
    """

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    groups: frozenset[str] | None = None
    tools: frozenset[str] | None = None
    ask: Ask = "writing"


def read(path: Path) -> list[Server]:
    """Return the servers that the file names; raises McpConfigError."""
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        raise McpConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except orjson.JSONDecodeError as error:
        raise McpConfigError(f"{path} is not JSON: {error}.") from None
    servers = found.get("servers") if isinstance(found, dict) else None
    if not isinstance(servers, dict) or set(found) != {"servers"}:
        raise McpConfigError(f'{path} must hold one object, with "servers" as its only name.')
    return [_server(name, given) for name, given in servers.items()]


def _server(name: str, given: Any) -> Server:
    where = f"The MCP server {name!r}"
    if not NAME.fullmatch(name):
        raise McpConfigError(f"{where} needs a name of lower-case letters, digits and hyphens, 24 at most.")
    if not isinstance(given, dict):
        raise McpConfigError(f"{where} must be an object.")
    if unknown := sorted(set(given) - FIELDS):
        raise McpConfigError(f"{where} has unknown names: {', '.join(unknown)}.")
    if bool(given.get("command")) == bool(given.get("url")):
        raise McpConfigError(f'{where} needs either a "command" or a "url".')
    ask = given.get("ask", "writing")
    if ask not in get_args(Ask):
        raise McpConfigError(f'{where} has an "ask" that is none of {", ".join(get_args(Ask))}.')
    url = _text(where, "url", given.get("url", ""))
    if url and not url.startswith(("http://", "https://")):
        raise McpConfigError(f'{where} has a "url" that begins with neither http:// nor https://.')
    return Server(
        name=name,
        command=_text(where, "command", given.get("command", "")),
        args=tuple(_texts(where, "args", given.get("args", []))),
        env=_pairs(where, "env", given.get("env", {})),
        url=url,
        headers=_pairs(where, "headers", given.get("headers", {})),
        groups=frozenset(_texts(where, "groups", given["groups"])) if "groups" in given else None,
        tools=frozenset(_texts(where, "tools", given["tools"])) if "tools" in given else None,
        ask=ask,
    )


def _text(where: str, name: str, value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise McpConfigError(f'{where} has a "{name}" that is not text.')
    return value


def _texts(where: str, name: str, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise McpConfigError(f'{where} has a "{name}" that is not a list of texts.')
    return [_text(where, name, each) for each in value]


def _pairs(where: str, name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise McpConfigError(f'{where} has a "{name}" that is not an object of texts.')
    return {key: _text(where, name, each) for key, each in value.items()}
