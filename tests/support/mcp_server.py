"""An MCP server for tests, as a process of its own: `python -m tests.support.mcp_server NOTES [PORT]`.

It speaks over its standard streams, or by HTTP at a port, and keeps what it is told to write in the file NOTES.
"""

import os
import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

notes = Path(sys.argv[1])
server = MCPServer("notes")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def count_letters(text: str) -> int:
    """Counts the letters of a text."""
    return sum(map(str.isalpha, text))


@server.tool()
def write_note(text: str) -> str:
    """Writes a note down."""
    with notes.open("a") as file:
        file.write(f"{text}\n")
    return "Written."


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def fail() -> str:
    """Fails."""
    raise ToolError("the shelf is empty")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def die() -> str:
    """Ends its process in the middle of the call."""
    os._exit(1)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        server.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
    else:
        server.run(transport="stdio")
