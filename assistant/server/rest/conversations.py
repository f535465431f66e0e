"""Routes on conversations that are kept."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from assistant.exports import MEDIA_TYPES, export, format_of
from assistant.server.access import caller_of
from assistant.server.libraries import Libraries
from assistant.server.work import Work

from .documents import InLibrary
from .forms import Renaming


def conversation_routes(routes: APIRouter, libraries: Libraries, work: Work) -> None:
    """Adds the routes."""
    _reading(routes, libraries, work)
    _changing(routes, libraries)


def _reading(routes: APIRouter, libraries: Libraries, work: Work) -> None:

    @routes.get("/conversations", summary="List conversations that are kept")
    async def listed(request: Request, library: InLibrary = None, containing: str = "") -> dict[str, Any]:
        """The one that changed last first; `containing` words."""
        caller = caller_of(request)
        found = await run_in_threadpool(lambda: libraries.open(caller, library).history.conversations(containing[:500]))
        return {"conversations": [asdict(kept) for kept in found]}

    @routes.get("/conversations/{conversation}", summary="A conversation")
    async def one(conversation: str, request: Request, library: InLibrary = None) -> dict[str, Any]:
        """Its turns, each with the answer as it was given, and what became of its quotes since."""
        caller = caller_of(request)

        def found() -> dict[str, Any]:
            assistant = libraries.open(caller, library)
            kept = assistant.history.find(conversation)
            whole = assistant.history.load(kept.id)
            changed = [
                {"document_id": document, "start": start, "end": end, "words": standing.words}
                for (document, start, end, _), standing in assistant.changed(whole).items()
            ]
            turns = [turn.answer.to_dict() for turn in whole.turns]
            return {**asdict(kept), "turns": turns, "changed": changed}

        return await run_in_threadpool(found)

    @routes.get("/conversations/{conversation}/export.{form}", summary="A conversation as a file")
    async def exported(conversation: str, form: str, request: Request, library: InLibrary = None) -> Response:
        """docx, html, md or json, with footnotes."""
        caller = caller_of(request)

        def written() -> bytes:
            history = libraries.open(caller, library).history
            kept = history.find(conversation)
            return export(history.load(kept.id), kept.title, form)

        content = await work.run(written)
        headers = {
            "Content-Disposition": f'attachment; filename="conversation.{format_of(form)}"',
            "Cache-Control": "no-store",
        }
        return Response(content, media_type=MEDIA_TYPES[format_of(form)], headers=headers)


def _changing(routes: APIRouter, libraries: Libraries) -> None:
    @routes.patch("/conversations/{conversation}", summary="Rename a conversation")
    async def rename(conversation: str, renaming: Renaming, request: Request) -> dict[str, Any]:
        """What it is called now."""
        caller = caller_of(request)

        def renamed() -> dict[str, Any]:
            history = libraries.open(caller, renaming.library).history
            history.rename(history.find(conversation).id, renaming.title)
            return asdict(history.find(conversation))

        return await run_in_threadpool(renamed)

    @routes.delete("/conversations/{conversation}", summary="Delete a conversation")
    async def delete(conversation: str, request: Request, library: InLibrary = None) -> dict[str, Any]:
        """With all its turns."""
        caller = caller_of(request)

        def deleted() -> None:
            history = libraries.open(caller, library).history
            history.delete(history.find(conversation).id)

        await run_in_threadpool(deleted)
        return {"deleted": 1}
