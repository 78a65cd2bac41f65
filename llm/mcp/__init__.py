"""Tools of MCP servers that an administrator has named in a file; without any, the package `mcp` is not loaded."""

from .config import McpConfigError, Server, read
from .servers import Offered, Servers

__all__ = ["McpConfigError", "Offered", "Server", "Servers", "read"]
