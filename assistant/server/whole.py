"""The server put together: the gate, the interfaces behind it, the pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from assistant.chat import Assistant
from assistant.home import data_folder
from index import CitebackError

from .access import Access
from .account import account_routes
from .accounts import Accounts
from .guard import Guard
from .health import health_routes
from .libraries import Libraries, OneLibrary, SharedLibraries
from .limits import Limits
from .login import login_routes
from .mcp import PATHS, build_mcp, mcp_app, running
from .metrics import Measured, Metrics
from .openai import openai_routes
from .pages import Builds, Pages
from .problems import of_citeback, of_disconnect, of_http, of_validation
from .rates import Rates
from .rest import rest_routes
from .work import Work

LOOPBACK: Final = ("127.0.0.1", "localhost")


def server_app(
    assistant: Assistant, *, build: Builds, host: str = LOOPBACK[0], accounts: Accounts | None = None
) -> FastAPI:
    """The application: the page, REST, OpenAI's protocol and MCP over one assistant, or with accounts over libraries.

    `build` makes the page of a library. Served on loopback, it answers to loopback names alone: otherwise a foreign
    site could point its own name at 127.0.0.1 and read the documents through the browser.
    """
    settings = assistant.settings
    libraries: Libraries = OneLibrary(assistant)
    if accounts is not None:
        libraries = shared = SharedLibraries(accounts, assistant, data_folder(settings) / "libraries")
    work, metrics, rates = Work(), Metrics(), Rates(settings.rate if accounts else 0)
    assistant.observers.append(metrics.answered)
    mcp = build_mcp(libraries, work)
    pages = Pages(libraries, build, accounts=accounts is not None)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await pages.prepare()
        try:
            async with running(mcp):
                yield
        finally:
            await pages.close()
            libraries.close()

    app = FastAPI(
        title="Citeback",
        description="Answers from your documents, every sentence with the exact characters it stands on.",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # The first is the outermost.
        middleware=[
            Middleware(Measured, metrics=metrics),
            Middleware(Guard),
            Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(settings.hosts, host), www_redirect=False),
            Middleware(Access, accounts=accounts),
            Middleware(Limits, rates=rates),
        ],
    )
    app.add_exception_handler(CitebackError, of_citeback)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(ClientDisconnect, of_disconnect)
    app.add_exception_handler(RequestValidationError, of_validation)
    app.include_router(health_routes(assistant, metrics))
    if accounts is not None:
        app.include_router(login_routes(accounts, rates))
        app.include_router(account_routes(accounts, shared, rates))
    app.include_router(rest_routes(libraries, work))
    app.include_router(openai_routes(libraries, work))
    app.router.routes.extend(Route(path, mcp_app(mcp), methods=["POST"]) for path in PATHS)
    app.mount("/", pages)
    app.state.end_streams = pages.end_streams
    return app


def _hosts(named: str, host: str) -> list[str]:
    """The names by which the server may be reached."""
    if names := [name.strip() for name in named.split(",") if name.strip()]:
        return names
    return list(LOOPBACK) if host in LOOPBACK else ["[::1]", *LOOPBACK] if host == "::1" else ["*"]
