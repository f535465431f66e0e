"""Routes on libraries: which there are, and whose."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from assistant.errors import AccountError
from assistant.server.access import caller_of
from assistant.server.libraries import Libraries, SharedLibraries

from .forms import Member, NewLibrary


def library_routes(routes: APIRouter, libraries: Libraries) -> None:
    """Adds the routes."""

    @routes.get("/libraries", summary="List the libraries you may use")
    async def listed(request: Request) -> dict[str, Any]:
        """The one that is meant where none is named first."""
        caller = caller_of(request)
        return {"libraries": [asdict(each) for each in await run_in_threadpool(libraries.of, caller)]}

    @routes.post("/libraries", summary="Make a library of your own")
    async def add(new: NewLibrary, request: Request) -> dict[str, Any]:
        """The new library."""
        return asdict(await run_in_threadpool(_shared(libraries).add, caller_of(request), new.name))

    @routes.delete("/libraries/{library}", summary="Delete a library of your own")
    async def delete_library(library: str, request: Request) -> dict[str, Any]:
        """Its files are set aside on the server."""
        await run_in_threadpool(_shared(libraries).delete, caller_of(request), library)
        return {"deleted": 1}

    @routes.put("/libraries/{library}/members", summary="Say who may use a library of yours")
    async def share(library: str, member: Member, request: Request) -> dict[str, Any]:
        """Whom it was shared with."""
        shelves = _shared(libraries)
        await run_in_threadpool(shelves.share, caller_of(request), library, member.user, member.role)
        return member.model_dump()


def _shared(libraries: Libraries) -> SharedLibraries:
    if not isinstance(libraries, SharedLibraries):
        raise AccountError("there is one library, because there are no accounts; serve with --accounts for more")
    return libraries
