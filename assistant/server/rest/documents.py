"""Routes on documents: list, read, add, remove."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, UploadFile
from starlette.concurrency import run_in_threadpool

from assistant.errors import QuestionError
from assistant.server.access import caller_of
from assistant.server.libraries import Libraries
from assistant.server.work import Work

from .forms import Fetching, Name, Syncing
from .records import document_record, passages_record, report_record

MOST_FILES: Final = 200
_LONGEST_NAME: Final = 200
_PIECE: Final = 1 << 20
_LONGEST_PART: Final = 100_000

InLibrary = Annotated[Name | None, Query()]


def document_routes(routes: APIRouter, libraries: Libraries, work: Work) -> None:
    """Adds the routes."""
    _reading(routes, libraries)
    _changing(routes, libraries, work)


def _reading(routes: APIRouter, libraries: Libraries) -> None:

    @routes.get("/documents", summary="List documents")
    async def listed(request: Request, library: InLibrary = None) -> dict[str, Any]:
        """Every document without its text, by source."""
        caller = caller_of(request)
        found = await run_in_threadpool(lambda: libraries.open(caller, library).index.documents())
        return {"documents": [asdict(info) for info in found]}

    @routes.get("/documents/{document_id}", summary="What is known of a document")
    async def one(document_id: str, request: Request, library: InLibrary = None) -> dict[str, Any]:
        """Without its text."""
        caller = caller_of(request)
        return document_record(
            await run_in_threadpool(lambda: libraries.open(caller, library).index.document(document_id))
        )

    @routes.get("/documents/{document_id}/text", summary="A stretch of a document's text")
    async def text(
        document_id: str,
        request: Request,
        library: InLibrary = None,
        start: Annotated[int, Query(ge=0)] = 0,
        end: Annotated[int | None, Query(ge=0)] = None,
    ) -> dict[str, Any]:
        """Characters `start` to `end`, 100,000 at most: what a citation with these offsets quotes."""
        caller = caller_of(request)
        document = await run_in_threadpool(lambda: libraries.open(caller, library).index.document(document_id))
        stop = min(len(document.text) if end is None else end, len(document.text), start + _LONGEST_PART)
        return {"document_id": document.id, "start": start, "end": max(start, stop), "text": document.text[start:stop]}

    @routes.get("/documents/{document_id}/passages", summary="A document's passages")
    async def passages(document_id: str, request: Request, library: InLibrary = None) -> dict[str, Any]:
        """In the document's order, with their places."""
        caller = caller_of(request)

        def found() -> dict[str, Any]:
            index = libraries.open(caller, library).index
            return passages_record(index.document(document_id), index.passages(document_id))

        return await run_in_threadpool(found)


def _changing(routes: APIRouter, libraries: Libraries, work: Work) -> None:
    @routes.post("/documents", summary="Add files")
    async def add(request: Request, files: list[UploadFile], library: InLibrary = None) -> dict[str, Any]:
        """What was added, updated and failed, and why. A file of the same name is replaced."""
        caller = caller_of(request)
        await run_in_threadpool(lambda: libraries.open(caller, library, role="editor"))
        with tempfile.TemporaryDirectory(prefix="citeback-added-") as folder:
            paths: list[str | Path] = [
                await _saved(file, Path(folder, str(number))) for number, file in enumerate(files[:MOST_FILES])
            ]
            if len(files) > MOST_FILES:
                raise QuestionError(f"{len(files):,} files at once, the limit is {MOST_FILES}; send them in parts")
            return await work.change(
                lambda: report_record(libraries.open(caller, library, role="editor").add_files(paths))
            )

    @routes.post("/documents/fetch", summary="Add a page of the web")
    async def fetch(fetching: Fetching, request: Request) -> dict[str, Any]:
        """As for files. Only where the setting `fetch_urls` allows it."""
        caller = caller_of(request)
        return await work.change(
            lambda: report_record(libraries.open(caller, fetching.library, role="editor").add_url(fetching.url))
        )

    @routes.delete("/documents/{document_id}", summary="Remove a document")
    async def remove(document_id: str, request: Request, library: InLibrary = None) -> dict[str, Any]:
        """From the library; a file of a followed folder stays where it is."""
        caller = caller_of(request)

        def deleted() -> int:
            index = libraries.open(caller, library, role="editor").index
            index.document(document_id)
            return index.delete([document_id])

        return {"deleted": await work.change(deleted)}

    @routes.post("/sync", summary="Bring a library up to date with its folder")
    async def sync(syncing: Syncing, request: Request) -> dict[str, Any]:
        """What was done."""
        caller = caller_of(request)
        return await work.change(
            lambda: report_record(libraries.open(caller, syncing.library, role="editor").sync(retry=syncing.retry))
        )


async def _saved(file: UploadFile, folder: Path) -> Path:
    """Where the file is now, in a folder of its own; of its name only the last part counts."""
    name = (file.filename or "upload").replace("\\", "/").rpartition("/")[2].strip().lstrip(".")
    name = "".join(letter for letter in name if letter.isprintable()) or "upload"
    if len(name.encode()) > _LONGEST_NAME:
        raise QuestionError(f"a file name has {len(name.encode()):,} bytes, the limit is {_LONGEST_NAME}; shorten it")
    await run_in_threadpool(folder.mkdir)
    path = folder / name
    with path.open("wb") as out:
        while piece := await file.read(_PIECE):
            await run_in_threadpool(out.write, piece)
    return path
