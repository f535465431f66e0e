"""The server of the page: one process on one address, closed to everything foreign."""

import contextlib
import errno
import logging
import os
import socket
import tempfile
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
import gradio.routes
import uvicorn
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from index import CitebackError

from .page import Panels, build_page
from .routes import add_routes
from .wiring.chat import Keep

if TYPE_CHECKING:
    from assistant import Assistant

MAX_UPLOAD: Final = "200mb"
LOOPBACK: Final = ("127.0.0.1", "localhost")
# Gradio's page needs inline scripts, and its HTML component compiles templates; nothing may come from elsewhere.
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)

# Without one, browsers show Gradio's logo in the tab.
ICON: Final = (
    "<link rel='icon' href=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<rect width='32' height='32' rx='7' fill='%230c5f6c'/>"
    "<path d='M7 17h6v6H7zm0 0q0-7 6-8m6 8h6v6h-6zm0 0q0-7 6-8' fill='%23ffe08a' stroke='%23ffe08a' stroke-width='2'/>"
    '</svg>">'
)


class ServeError(CitebackError):
    """The page cannot be served at this address."""


class Guard:
    """Sends the page's security headers, and refuses what another site makes a visitor's browser send here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
            await send(message)

        foreign = Headers(scope=scope).get("sec-fetch-site") in {"cross-site", "same-site"}
        if foreign and scope["method"] not in {"GET", "HEAD"}:
            await PlainTextResponse("Requests from other sites are refused.", 403)(scope, receive, guarded)
            return
        await self.app(scope, receive, guarded)


def web_app(
    assistant: "Assistant", *, host: str = LOOPBACK[0], keep: Keep | None = None, panels: Panels | None = None
) -> FastAPI:
    """The page as an ASGI application, `keep` and `panels` as in `build_page`.

    Served on loopback, it answers to loopback names alone: otherwise a foreign site could point its own name at
    127.0.0.1 and read the documents through the browser.
    """
    guards = [Middleware(Guard)]
    if host in LOOPBACK:
        guards.append(Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK)))
    here = Path(__file__).parent
    script = f"<script>\n{(here / 'page.js').read_text(encoding='utf-8')}</script>"
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, middleware=guards)
    add_routes(app, assistant)
    return gr.mount_gradio_app(  # type: ignore[no-any-return]
        app,
        build_page(assistant, keep=keep, panels=panels),
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        max_file_size=MAX_UPLOAD,
        theme=gr.themes.Base(font=["sans-serif"], font_mono=["monospace"]),
        css_paths=[here / "style.css"],
        head=ICON + script,
    )


def serve(
    assistant: "Assistant",
    *,
    host: str = LOOPBACK[0],
    port: int = 7860,
    ready: Callable[[str], None] | None = None,
    keep: Keep | None = None,
    panels: Panels | None = None,
) -> None:
    """Serves the page until it is interrupted. `ready` gets the address once it answers; port 0 takes a free one.

    `keep` and `panels` are as in `build_page`.

    Raises ServeError where the address is taken or cannot be used.
    """
    listener = _listen(host, port)
    # Gradio's own folder for uploads is shared by all users of a machine and outlives the server.
    uploads = tempfile.TemporaryDirectory(prefix="citeback-uploads-")
    os.environ["GRADIO_TEMP_DIR"] = gradio.routes.DEFAULT_TEMP_DIR = uploads.name
    config = uvicorn.Config(
        web_app(assistant, host=host, keep=keep, panels=panels),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    address = _address(host, listener)
    server = _Server(config, on_start=lambda: ready(address) if ready else None, on_stop=uploads.cleanup)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says when it answers and when it has stopped: after that, uvicorn raises the signal that stopped it again."""

    def __init__(self, config: uvicorn.Config, *, on_start: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self.on_start = on_start
        self.on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # The page's event streams stay open until they are cut off; uvicorn would log each cut as a failure.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
        self.on_stop()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Taken here, so that an address in use is known before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise ServeError(f"port {port} on {host} is in use; choose another with --port") from error
        raise ServeError(f"cannot serve on {host}, port {port}: {error}; choose others with --host, --port") from error


def _address(host: str, listener: socket.socket) -> str:
    """The address to type into a browser on this machine."""
    name = LOOPBACK[0] if host in {"", "0.0.0.0"} else f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"
