"""Pages as a reader of the original sees them: pictures, and boxes around what is quoted."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.catalog import Catalog
from index.errors import ReadError, StoreError
from index.folder import list_files
from index.records import reading_record
from index.sandbox import Sandbox
from index.schema import Box, Document, Limits, Page, Picture, PrintedPage, Reading, Span

_MOST_WIDE = 4_000


class Viewer:
    """Looks into the files that documents came from, in a process that may do nothing else."""

    def __init__(self, catalog: Catalog, limits: Limits) -> None:
        self._catalog, self._sandbox = catalog, Sandbox(limits)

    def boxes(self, document: Document, start: int, end: int) -> list[Box]:
        """One box for each line of print of `document.text[start:end]`; none where the format has no printed pages.

        Raises StoreError where the file is gone or is not as it was read, ReadError where its print cannot be placed.
        """
        if not 0 <= start <= end <= len(document.text):
            raise StoreError(
                f"{start}:{end} is no span of {document.source}, which has {len(document.text)} characters"
            )
        if not document.pages or any(page.label for page in document.pages):
            return []
        record = reading_record(Reading((document,)))
        answer = self._look(document, {"action": "boxes", "reading": record, "start": start, "end": end})
        return [Box(*box) for box in answer["boxes"]]

    def print_of(self, document: Document, page: int) -> PrintedPage:
        """How the text of a page (from 1) stands on it. Raises as `boxes` does, and for a page there is not."""
        printed = self._printed(document, page)
        record = reading_record(Reading((_alone(document, printed),)))
        answer = self._look(document, {"action": "print", "reading": record, "page": page})
        first = printed.start
        lines = ((Span(first + start, first + end), Box(page, *sides)) for start, end, *sides in answer["lines"])
        return PrintedPage(answer["width"], answer["height"], tuple(lines))

    def picture(self, document: Document, page: int, *, width: int) -> Picture:
        """A page (from 1), up to `width` pixels wide. Raises as `boxes` does, and for a page there is not."""
        if not 1 <= width <= _MOST_WIDE:
            raise StoreError(f"a picture of {width} pixels cannot be made; ask for 1 to {_MOST_WIDE}")
        self._printed(document, page)
        answer = self._look(document, {"action": "picture", "page": page, "width": width})
        return Picture(bytes.fromhex(answer["png"]), answer["scale"])

    def close(self) -> None:
        """End the process."""
        self._sandbox.close()

    @staticmethod
    def _printed(document: Document, number: int) -> Page:
        for page in document.pages:
            if page.number == number and not page.label:
                return page
        raise StoreError(f"{document.source} has no printed page {number}; it has {len(document.pages)}")

    def _look(self, document: Document, request: Mapping[str, Any]) -> dict[str, Any]:
        path, file, sha256 = self._file_of(document)
        answer = self._sandbox.ask(path, {**request, "source": file, "member": document.source, "sha256": sha256})
        if "unopened" in answer:
            raise StoreError(f"{document.source} {answer['unopened']}")
        if "failure" in answer:
            raise ReadError(answer["failure"])
        return answer

    def _file_of(self, document: Document) -> tuple[Path, str, str]:
        """Where the file is that holds the document, its source, and what its content was when it was read."""
        origin = self._catalog.origin(document.id)
        if origin is None:
            raise StoreError(f"{document.source} came from no file; it was added as a document")
        root, file = origin.root, origin.file
        state = self._catalog.followed.file(root, file)
        below = file.removeprefix(self._catalog.followed.label(root))
        path = Path(root) if Path(root).is_file() else Path(root, below)
        if not path.is_file():
            # Its name holds what cannot be shown, and stands escaped in the source.
            path = list_files(Path(root))[0].get(below, path) if Path(root).is_dir() else path
        return path, file, state.sha256 if state else ""


def _alone(document: Document, page: Page) -> Document:
    """The document as if the page were all of it: a long one would take longer to hand over than to look at.

    Blocks that begin before the page or end behind it still do.
    """
    touching = (block for block in document.blocks if block.start < page.end and block.end > page.start)
    blocks = (replace(block, start=block.start - page.start, end=block.end - page.start) for block in touching)
    pages = (replace(page, start=0, end=page.end - page.start),)
    return replace(document, text=document.text[page.start : page.end], pages=pages, blocks=tuple(blocks))
