"""What the tests of the Model Context Protocol share: a client’s call, and what comes of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult, ErrorData, TextContent

QUESTION = "How long will the repairs take?"
REFUSED = "Who won the regatta in Lisbon?"
TOOLS = ("ask", "search", "read_passage", "list_documents", "list_libraries")
# "auto" is the protocol of today, without a handshake; "legacy" the one before.
MODES = ("auto", "legacy")
Connect = Callable[[], AbstractAsyncContextManager[Client]]


READS: tuple[Callable[[Client], Awaitable[Any]], ...] = (
    lambda client: client.list_resources(),
    lambda client: client.read_resource("citeback://default/documents/x"),
)


def run(connect: Connect, work: Callable[[Client], Awaitable[Any]]) -> Any:
    """What the work makes with a client."""

    async def main() -> Any:
        async with connect() as client:
            return await work(client)

    return asyncio.run(main())


def called(connect: Connect, tool: str, **arguments: Any) -> CallToolResult:
    result = run(connect, lambda client: client.call_tool(tool, arguments))
    assert isinstance(result, CallToolResult)
    return result


def record(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, words(result)
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def words(result: CallToolResult) -> str:
    assert all(isinstance(part, TextContent) for part in result.content)
    return "\n---\n".join(part.text for part in result.content if isinstance(part, TextContent))


def refusal(result: CallToolResult) -> str:
    """The line of an error."""
    assert result.is_error
    assert result.structured_content is None
    told = words(result)
    assert "\n" not in told
    return told


def failure(connect: Connect, work: Callable[[Client], Awaitable[Any]]) -> ErrorData:
    """The error that the work ends with; caught within the client, which would wrap it."""

    async def failing(client: Client) -> ErrorData:
        with pytest.raises(MCPError) as caught:
            await work(client)
        return caught.value.error

    error = run(connect, failing)
    assert isinstance(error, ErrorData)
    return error


def without_times(told: dict[str, Any]) -> dict[str, Any]:
    """A record as JSON would have it, without what differs from run to run."""
    return {name: value for name, value in json.loads(json.dumps(told)).items() if name != "timings_ms"}


def check_refused(connect: Connect, names: tuple[str, ...], message: str) -> None:
    """That these tools and all resources are refused with the message."""
    arguments: dict[str, dict[str, Any]] = {
        "ask": {"question": QUESTION},
        "search": {"query": "bridge"},
        "read_passage": {"document_id": "x", "start": 0, "end": 1},
    }
    for name in names:
        assert refusal(called(connect, name, **arguments.get(name, {}))) == message
    for read in READS:
        assert failure(connect, read).message == message


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
