"""One server for the page, REST, OpenAI's protocol and MCP: the same answers, and nobody sees what is not theirs."""

from .running import ServeError, serve
from .whole import server_app

__all__ = ["ServeError", "serve", "server_app"]
