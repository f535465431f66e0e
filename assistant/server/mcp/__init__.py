"""Citeback over the Model Context Protocol: tools that answer, search and read, and the documents as resources."""

from .serving import PATHS, build_mcp, mcp_app, run_stdio, running

__all__ = ["PATHS", "build_mcp", "mcp_app", "run_stdio", "running"]
