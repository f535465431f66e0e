"""The library panel: the documents there are, and adding more."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from index import CitebackError, DocumentInfo, Progress, ProgressCallback, SyncReport

from .render import card, element, facts

if TYPE_CHECKING:
    from assistant import Assistant

# More rows than this are reached by typing into the filter; ten thousand at once would stall a browser.
ROWS: Final = 200
STAGES: Final = {"read": "Reading", "embed": "Indexing passages", "publish": "Saving"}


@dataclass(frozen=True, slots=True)
class LibraryPanel:
    """The panel's components, for wiring."""

    listing: Any
    wanted: Any
    upload: Any
    status: Any
    refresh: Any


def build_library(script: str, *, follows_folder: bool) -> LibraryPanel:
    """The panel. Its listing's event "open" names the document that was clicked.

    Only an index that follows a folder has something to look for again.
    """
    listing = gr.HTML(
        value="",
        elem_id="cb-documents",
        apply_default_css=False,
        js_on_load=f"{script}\nlibrary(element, trigger, watch, ['open']);",
    )
    wanted = gr.Textbox(
        placeholder="Filter by title, author, publisher, file", show_label=False, label="Filter", elem_id="cb-filter"
    )
    upload = gr.File(file_count="multiple", label="Add documents", show_label=False, elem_id="cb-upload", height=84)
    status = gr.HTML(value="", elem_id="cb-upload-status", apply_default_css=False, js_on_load=None)
    refresh = gr.Button("Look for changed files", elem_id="cb-refresh", size="sm", visible=follows_folder)
    return LibraryPanel(listing, wanted, upload, status, refresh)


def list_documents(assistant: "Assistant", wanted: str = "") -> Markup:
    """The documents whose title, author, publisher or file name contains `wanted`, with their count."""
    documents = assistant.index.documents()
    needle = wanted.strip().casefold()
    found = [document for document in documents if needle in _searchable(document)]
    count = f"{len(documents):,}" if len(found) == len(documents) else f"{len(found):,} of {len(documents):,}"
    parts = [element("h2", "Documents ", element("span", count, class_="cb-count"))]
    if not documents:
        parts.append(element("p", "None yet. Add files below.", class_="cb-hint"))
    parts.append(element("ul", *(element("li", _row(document)) for document in found[:ROWS])))
    if len(found) > ROWS:
        parts.append(element("p", f"{len(found) - ROWS:,} more: type to filter.", class_="cb-hint"))
    return element("nav", *parts, aria_label="Documents", data_many=len(documents) > 8)


def indexing(work: Callable[[ProgressCallback], SyncReport]) -> Iterator[Markup]:
    """The progress of `work`, which runs in a thread of its own, and at last a summary or the error."""
    latest: deque[Progress] = deque(maxlen=1)
    yield progress_markup(None)
    with ThreadPoolExecutor(1, "citeback-indexing") as pool:
        future = pool.submit(work, latest.append)
        while not future.done():
            wait([future], timeout=0.2)
            if latest:
                yield progress_markup(latest.pop())
        try:
            yield report_markup(future.result())
        except CitebackError as error:
            yield card("Nothing was added", str(error), kind="error")


def progress_markup(progress: Progress | None) -> Markup:
    """A bar with what is being done; None before the first news."""
    if progress is None:
        return element("p", "Starting …", class_="cb-doing", role="status")
    left = None if progress.seconds_left is None else f"about {max(1, round(progress.seconds_left)):,} s left"
    words = facts(f"{STAGES[progress.stage]} {progress.done:,} of {progress.total:,}", progress.detail, left)
    bar = element("progress", max=max(1, progress.total), value=progress.done, aria_label=STAGES[progress.stage])
    return element("div", bar, element("p", words, role="status"), class_="cb-progress")


def report_markup(report: SyncReport) -> Markup:
    """What was added, updated, removed, and what failed and why."""
    done = (("✓ Added", report.added), ("✓ Updated", report.updated), ("– Removed", report.removed))
    lines = [element("li", f"{what} {name}", class_="cb-done") for what, names in done for name in names[:ROWS]]
    lines += [
        element("li", f"✕ {failure.source}: {failure.reason}", class_="cb-failed") for failure in report.failed[:ROWS]
    ]
    changed = sum(len(names) for _, names in done)
    counts = facts(
        f"{changed:,} {'file' if changed == 1 else 'files'} changed" if changed else "Nothing changed",
        f"{len(report.failed):,} failed" if report.failed else None,
    )
    return element("div", element("p", counts), element("ul", *lines), class_="cb-report", role="status")


def remove_copies(paths: list[str]) -> None:
    """Deletes the browser's copies of uploads; the index has its own."""
    for path in paths:
        Path(path).unlink(missing_ok=True)


def _searchable(document: DocumentInfo) -> str:
    return facts(document.title, document.author, document.publisher, document.source).casefold()


def _row(document: DocumentInfo) -> Markup:
    return element(
        "button",
        element("span", document.title, class_="cb-title"),
        element("span", facts(document.author, document.publisher, document.date), class_="cb-who"),
        type="button",
        title=document.source,
        data_event="open",
        data_document=document.id,
    )
