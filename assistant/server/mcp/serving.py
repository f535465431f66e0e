"""The protocol's server over HTTP, as a part of an application, and over standard input and output."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.chat import Assistant
from assistant.server.callers import OWNER, Caller
from assistant.server.libraries import Libraries, OneLibrary
from assistant.server.problems import problem
from assistant.server.rules import MEGABYTE
from assistant.server.work import Work

from .protocol import CitebackServer
from .tools import Tools

# What an application has to route to `mcp_app`: clients write the one or the other, and few follow to the other.
PATHS: Final = ("/mcp", "/mcp/")


def build_mcp(libraries: Libraries, work: Work, *, local: Caller | None = None) -> CitebackServer:
    """The protocol's server over libraries.

    Over HTTP the gate's caller calls, `request.state.caller` of each request. `local` calls where there is no request;
    by default nobody may.
    """
    return CitebackServer(Tools(libraries, work, local))


def mcp_app(server: CitebackServer) -> ASGIApp:
    """The server over HTTP: to be routed to from `PATHS`, behind the gate, while it is `running`."""
    return _OverHttp(server)


class _OverHttp:
    """An object, because a route takes a function for what answers one request."""

    def __init__(self, server: CitebackServer) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["method"] != "POST":
            # There is no session to end, and nothing is ever sent unasked: a stream would stay open for nothing.
            refused = problem(405, f"{scope['method']} is not for this; use POST")
            refused.headers["Allow"] = "POST"
            await refused(scope, receive, send)
            return
        if self._server.managers is None:
            raise RuntimeError("the server does not run; enter running(server) in the application's lifespan")
        as_json, as_stream = self._server.managers
        streams = "text/event-stream" in Headers(scope=scope).get("accept", "").lower()
        await (as_stream if streams else as_json).handle_request(scope, receive, send)


@asynccontextmanager
async def running(server: CitebackServer) -> AsyncIterator[None]:
    """While it lasts, the server answers over HTTP. To be entered in the application’s lifespan."""
    as_json, as_stream = _manager(server, json_response=True), _manager(server, json_response=False)
    async with as_json.run(), as_stream.run():
        server.managers = as_json, as_stream
        try:
            yield
        finally:
            server.managers = None


def _manager(server: CitebackServer, *, json_response: bool) -> StreamableHTTPSessionManager:
    # It comes with an application, which answers at one path alone and is not used.
    server.streamable_http_app(
        json_response=json_response,
        # Where there are no sessions, nobody can take over another's.
        stateless_http=True,
        max_request_body_size=MEGABYTE,
        # Hosts and origins are checked in front of all routes, by TrustedHostMiddleware and Guard.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return server.session_manager


def run_stdio(assistant: Assistant) -> None:
    """Serves the documents at hand over standard input and output, until the input ends."""
    build_mcp(OneLibrary(assistant), Work(), local=OWNER).run("stdio")
