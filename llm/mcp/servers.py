"""Connections to MCP servers, kept while the process runs: started again when they end, and asked by any answer."""

import asyncio
import logging
import re
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import orjson

from ..errors import ToolError
from ..values import Tool
from .config import Server

logger = logging.getLogger(__name__)

# How long a server may take to start and to say what it offers.
START_SECONDS = 30.0
# How long to wait before a server is tried again, at first and at most.
RETRY_SECONDS = 1.0
RETRY_LIMIT_SECONDS = 60.0
# A connection that is idle may be dead without a word: it is asked now and then what it offers, which may change too.
LOOK_SECONDS = 60.0
# Names that every provider takes for a function.
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
BETWEEN = "__"
MOST_TOOLS = 64
MOST_PAGES = 20
DESCRIPTION_CHARACTERS = 1000
LARGEST_SCHEMA_BYTES = 16 * 1024
REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool that a server offers now, and whose it is."""

    server: Server
    tool: Tool


class Servers:
    """All servers of the file; `start` and `close` belong to one event loop."""

    def __init__(self, servers: Iterable[Server]):
        self._connections = [Connection(server) for server in servers]

    async def start(self) -> None:
        """Begin to connect; who is not there yet is tried again and again, and offers nothing meanwhile."""
        for connection in self._connections:
            connection.start()

    async def close(self) -> None:
        """End every connection, and the processes behind them."""
        await asyncio.gather(*(connection.close() for connection in self._connections))

    def offered(self) -> list[Offered]:
        """Return the tools of every server that is there now."""
        return [Offered(connection.server, tool) for connection in self._connections for tool in connection.tools]

    def states(self) -> dict[str, str]:
        """Return "ok" or "unreachable" for each server, by its name."""
        return {each.server.name: "ok" if each.client is not None else "unreachable" for each in self._connections}


class Connection:
    """One server, and the task that holds the connection to it: what opens it must be what closes it."""

    def __init__(self, server: Server):
        self.server = server
        self.tools: list[Tool] = []
        self.client: Any = None
        self._task: asyncio.Task | None = None
        # Set where a call has found the connection broken.
        self._broken = asyncio.Event()

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name=f"MCP server {self.server.name}")

    async def close(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        wait = RETRY_SECONDS
        while True:
            try:
                await self._hold()
            except Exception as error:
                logger.warning("The MCP server %s is not there: %s", self.server.name, reason(error))
            else:
                wait = RETRY_SECONDS
            finally:
                self.client, self.tools = None, []
            await asyncio.sleep(wait)
            wait = min(wait * 2, RETRY_LIMIT_SECONDS)

    async def _hold(self) -> None:
        """Connect, and return once the connection has turned out to be broken; raises where it never was one."""
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(START_SECONDS):
                client = await stack.enter_async_context(connect(self.server, stack))
                self.tools = await self._list(client)
            self.client = client
            self._broken.clear()
            logger.info("The MCP server %s offers %d tools", self.server.name, len(self.tools))
            while not self._broken.is_set():
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._broken.wait()
                except TimeoutError:
                    try:
                        async with asyncio.timeout(START_SECONDS):
                            tools = await self._list(client)
                    except Exception as error:
                        logger.warning("The MCP server %s is gone: %s", self.server.name, reason(error))
                        self._give_up(client)
                        return
                    # A call may have found it broken meanwhile.
                    if self.client is client:
                        self.tools = tools

    async def _list(self, client) -> list[Tool]:
        tools: list[Tool] = []
        cursor = None
        for _ in range(MOST_PAGES):
            page = await client.list_tools(cursor=cursor)
            tools += [tool for each in page.tools if (tool := self._tool(each)) is not None]
            cursor = page.next_cursor
            if not cursor or len(tools) >= MOST_TOOLS:
                break
        if len(tools) > MOST_TOOLS:
            logger.warning("The MCP server %s offers more tools than %d: only these", self.server.name, MOST_TOOLS)
        return tools[:MOST_TOOLS]

    def _tool(self, found) -> Tool | None:
        """Return a tool as models are offered it; None for one that is not allowed, or that no model could be given."""
        if self.server.tools is not None and found.name not in self.server.tools:
            return None
        name = f"{self.server.name}{BETWEEN}{found.name}"
        schema = found.input_schema or {"type": "object"}
        if not TOOL_NAME.fullmatch(name) or len(orjson.dumps(schema)) > LARGEST_SCHEMA_BYTES:
            logger.warning("The tool %.100r of the MCP server %s is left out", found.name, self.server.name)
            return None
        only_reads = bool(found.annotations and found.annotations.read_only_hint)

        async def run(arguments: dict[str, Any]) -> str:
            return await self._call(found.name, arguments)

        return Tool(
            name=name,
            description=(found.description or "")[:DESCRIPTION_CHARACTERS],
            parameters=schema,
            run=run,
            asks=self.server.ask == "always" or (self.server.ask == "writing" and not only_reads),
        )

    async def _call(self, name: str, arguments: dict[str, Any]) -> str:
        client = self.client
        if client is None:
            raise ToolError(f"The server {self.server.name} cannot be reached.")
        try:
            result = await client.call_tool(name, arguments)
        except Exception as error:
            if not is_answer(error):
                self._give_up(client)
            raise ToolError(reason(error)) from None
        said = text_of(result)
        if result.is_error:
            raise ToolError(said or "The tool failed without a word.")
        return said

    def _give_up(self, client) -> None:
        """Offer nothing from now on: closing what is broken takes a while, and nobody is sent there meanwhile."""
        # A call may come back long after its connection was replaced.
        if self.client is client:
            self.client, self.tools = None, []
            self._broken.set()


def connect(server: Server, stack: AsyncExitStack) -> Any:
    """Return a client of the server, to be entered; what it needs beside is closed with the stack."""
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters
    from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

    if server.command:
        # Only what the file says, and a few harmless names such as PATH, is passed on of our environment.
        command = StdioServerParameters(command=server.command, args=list(server.args), env=dict(server.env))
        return Client(command, cache=None)
    if not server.headers:
        return Client(server.url, cache=None)
    http = create_mcp_http_client(headers=dict(server.headers))
    stack.push_async_callback(http.aclose)
    return Client(streamable_http_client(server.url, http_client=http), cache=None)


def text_of(result) -> str:
    """Return what a tool has said, as words; what is not words is named."""
    parts = [
        each.text if each.type == "text" else f"[{each.type}, which cannot be shown here]" for each in result.content
    ]
    if not parts and result.structured_content is not None:
        return orjson.dumps(result.structured_content).decode()
    return "\n".join(parts)


def is_answer(error: Exception) -> bool:
    """Whether a server has answered with an error, and is still there."""
    from mcp.shared.exceptions import MCPError
    from mcp_types import CONNECTION_CLOSED

    return isinstance(error, MCPError) and error.code != CONNECTION_CLOSED


def reason(error: BaseException) -> str:
    """Return in a few words why something failed: of a group, the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    said = getattr(error, "message", "") or str(error)
    return f"{type(error).__name__}: {said}"[:REASON_CHARACTERS] if said else type(error).__name__
