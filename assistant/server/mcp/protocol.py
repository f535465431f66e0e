"""The protocol's server over the tools. What goes wrong is told in one line, as everywhere else."""

import inspect
import logging
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import MCPServer, ResourceSecurity
from mcp.server.mcpserver.exceptions import (
    ResourceError,
    ResourceNotFoundError,
    ToolError,
    UnexpectedResourceError,
    UnexpectedToolError,
)
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    CallToolResult,
    InputRequiredResult,
    ListResourcesResult,
    PaginatedRequestParams,
    ToolAnnotations,
)
from pydantic import AnyUrl, ValidationError

from assistant.errors import AccountError, ConversationNotFound, QuestionError
from assistant.server.libraries import LibraryNotFound
from assistant.server.problems import without_places
from index import CitebackError, DocumentNotFound

from .records import DOCUMENT, cut
from .tools import Call, StillReading, Tools

_INSTRUCTIONS: Final = (
    "Answers from the documents of a library and from nothing else. Every sentence of an answer is quoted and checked; "
    "keep its citation marks. A refusal means that the documents don’t say; its nearest passages are no answer. "
    "Use ask for questions, search to look around, read_passage for what stands around a citation."
)
_LONGEST: Final = 500
# What is the caller's own doing, and no fault of the server.
_CALLERS: Final = (AccountError, ConversationNotFound, DocumentNotFound, QuestionError, StillReading)
_log = logging.getLogger(__name__)


class CitebackServer(MCPServer[Any]):
    """The server. `managers` answer over HTTP, with JSON and with a stream; there are none while nothing runs them."""

    managers: tuple[StreamableHTTPSessionManager, StreamableHTTPSessionManager] | None = None

    def __init__(self, tools: Tools) -> None:
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        super().__init__(
            "citeback",
            title="Citeback",
            instructions=_INSTRUCTIONS,
            version=version("citeback"),
            # Nothing is announced, so there is nothing to subscribe to.
            subscriptions=False,
        )
        # It has set up the log of the whole process, which would tell in its own way what ours tells already.
        root.handlers[:] = handlers
        root.setLevel(level)
        self._tools = tools
        reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
        for tool in (tools.ask, tools.search, tools.read_passage, tools.list_documents, tools.list_libraries):
            self.add_tool(tool, description=inspect.getdoc(tool), annotations=reads)
        # An id is looked up, and is no path.
        security = ResourceSecurity(exempt_params={"document_id"})
        title = "A document’s whole text"
        self.resource(DOCUMENT, name="document", title=title, mime_type="text/plain", security=security)(tools.document)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Call | None = None
    ) -> CallToolResult | InputRequiredResult:
        """What the tool gives. Raises ToolError with the line that the caller is told."""
        known = next((tool.input_schema["properties"] for tool in await self.list_tools() if tool.name == name), None)
        if known is not None and (unknown := arguments.keys() - known):
            told = f"{', '.join(sorted(unknown))[:_LONGEST]} is no argument of {name}"
            raise ToolError(f"{told}; use {', '.join(known)}" if known else f"{told}; it has none")
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError as error:
            if isinstance(error.__cause__, CitebackError):
                raise ToolError(_line(error.__cause__, remote=_is_remote(context))) from error.__cause__
            raise
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_fields(error.__cause__)) from error.__cause__
            raise

    async def read_resource(
        self, uri: AnyUrl | str, context: Call | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """The document's text; where it is too long for one answer, a second part says so."""
        try:
            contents = await super().read_resource(uri, context)
        except UnexpectedResourceError as error:
            cause = error.__cause__
            if not isinstance(cause, CitebackError):
                raise
            kind = ResourceNotFoundError if isinstance(cause, AccountError | DocumentNotFound) else ResourceError
            raise kind(_line(cause, remote=_is_remote(context))) from cause
        if isinstance(contents, InputRequiredResult):
            return contents
        return [part for each in contents for part in cut(each)]

    async def _handle_list_resources(
        self, ctx: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        # The public `list_resources` is not told who asks.
        try:
            return await self._tools.resources(ctx.request, params.cursor if params else None)
        except MCPError:
            raise
        except CitebackError as error:
            raise MCPError(INVALID_REQUEST, _line(error, remote=ctx.request is not None)) from error
        except Exception as error:
            # Clients of earlier versions of the protocol would be sent the text of any other error.
            _log.exception("listing resources failed")
            raise MCPError(INTERNAL_ERROR, "something unexpected went wrong; the server’s log shows what") from error


def _is_remote(call: Call | None) -> bool:
    return call is None or call.request_context.request is not None


def _line(error: CitebackError, *, remote: bool) -> str:
    """What the caller is told. What is not the caller's doing is logged, and who is elsewhere is not told of places."""
    told = str(error)
    if isinstance(error, LibraryNotFound):
        told = f"{told.partition(';')[0]}; list_libraries tells which you may use"
    elif not isinstance(error, _CALLERS):
        _log.error("%s", told)
        told = without_places(told) if remote else told
    return told[:_LONGEST]


def _fields(error: ValidationError) -> str:
    """What is wrong with arguments, by their names; what was sent is not repeated."""
    told = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5]]
    return "; ".join(told)[:_LONGEST]
