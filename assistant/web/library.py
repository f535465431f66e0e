"""The library panel: the documents there are, choosing, adding and removing them."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from assistant.following import Following
from assistant.home import UPLOADS
from index import Document, DocumentInfo, Origin, Progress, SyncReport

from .render import card, element, facts

if TYPE_CHECKING:
    from assistant import Assistant

# More rows than this are reached by typing into the filter; ten thousand at once would stall a browser.
ROWS: Final = 200
STAGES: Final = {"read": "Reading files", "embed": "Making vectors of passages", "publish": "Saving"}
MANY: Final = 8
# Opens the sources of uploads.
UPLOADED: Final = f"{UPLOADS}//"
# So many of the files that were read last are named while others are read.
LATELY: Final = 5
LOOK_AGAIN, LOOK_SECONDS = 0.3, 5.0


@dataclass(frozen=True, slots=True)
class LibraryPanel:
    """The panel's components, for wiring."""

    listing: Any
    wanted: Any
    upload: Any
    folder: Any
    url: Any
    status: Any
    refresh: Any
    removed: Any
    ticking: Any


def build_library(*, follows_folder: bool, fetches: bool, may_write: bool = True) -> LibraryPanel:
    """The panel. Its listing's events "open", "scope" and "remove" name the document that was clicked.

    Only an index that follows a folder has something to look for again; addresses are offered only where it `fetches`,
    and nothing is to be added by who may not write.
    """
    removed = gr.State(())
    listing = gr.HTML(
        value="",
        elem_id="cb-documents",
        apply_default_css=False,
        js_on_load="citeback.library(element, trigger, watch, ['open', 'scope', 'remove']);",
    )
    wanted = gr.Textbox(
        placeholder="Filter documents",
        show_label=False,
        label="Filter by title, author, publisher, file",
        elem_id="cb-filter",
    )
    status = gr.HTML(
        value="",
        elem_id="cb-upload-status",
        apply_default_css=False,
        js_on_load="citeback.passClicksOn(element, trigger, ['again', 'restore']);",
    )
    upload = gr.File(
        file_count="multiple",
        label="Add documents",
        show_label=False,
        elem_id="cb-upload",
        height=84,
        visible=may_write,
    )
    with gr.Row(elem_id="cb-adding", visible=may_write):
        folder = gr.UploadButton("Add a folder", file_count="directory", elem_id="cb-folder", size="sm")
        refresh = gr.Button("Look again", elem_id="cb-refresh", size="sm", visible=follows_folder)
    url = gr.Textbox(
        placeholder="https://… a page to add",
        show_label=False,
        label="Address of a page to add",
        elem_id="cb-url",
        visible=fetches and may_write,
    )
    # Others add documents too, and a folder that is watched changes.
    ticking = gr.Timer(LOOK_SECONDS)
    return LibraryPanel(listing, wanted, upload, folder, url, status, refresh, removed, ticking)


def list_documents(
    assistant: "Assistant", wanted: str = "", scope: Collection[str] = (), *, may_write: bool = True
) -> Markup:
    """The documents whose title, author, publisher or file name contains `wanted`, with their count and size.

    Those of `scope` are shown as the ones that are asked.
    """
    documents = assistant.index.documents()
    needle = wanted.strip().casefold()
    found = [document for document in documents if needle in _searchable(document)]
    count = f"{len(documents):,}" if len(found) == len(documents) else f"{len(found):,} of {len(documents):,}"
    parts = [element("h2", "Documents ", element("span", count, class_="cb-count"))]
    if documents:
        passages = assistant.index.counts()[1]
        written = sum(document.characters for document in documents)
        parts.append(element("p", facts(f"{passages:,} passages", f"{written:,} characters"), class_="cb-hint"))
    if not documents:
        parts.append(element("p", "None yet. Add files below.", class_="cb-hint"))
    parts.append(
        element(
            "ul", *(_row(each, chosen=each.id in scope, some=bool(scope), may_write=may_write) for each in found[:ROWS])
        )
    )
    if len(found) > ROWS:
        parts.append(element("p", f"{len(found) - ROWS:,} more: type to filter.", class_="cb-hint"))
    return element("nav", *parts, aria_label="Documents", data_many=len(documents) > MANY)


def scope_markup(assistant: "Assistant", scope: Sequence[str]) -> Markup:
    """Which documents are asked, where it is not all of them."""
    titles = [info.title for info in assistant.index.infos(scope).values()]
    if not titles:
        return Markup("")
    told = f"“{titles[0]}” is" if len(titles) == 1 else f"{len(titles)} chosen documents are"
    back = element("button", "Ask all", type="button", data_event="all")
    return element("p", f"Only {told} asked. ", back, role="status")


@dataclass(frozen=True, slots=True)
class Removed:
    """A document that was removed, and the file it was read from."""

    document: Document
    origin: Origin | None


def remove(assistant: "Assistant", document_id: object) -> Removed:
    """What is of the library no more. A file of the reader's stays; an upload's copy is set aside."""
    document = assistant.index.document(str(document_id))
    removed = Removed(document, assistant.index.origin(document.id))
    copy, kept = _copies(assistant, document)
    if copy.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        copy.replace(kept)
    assistant.index.delete([document.id])
    return removed


def put_back(assistant: "Assistant", removed: Sequence[Removed]) -> None:
    """Puts documents that were removed back into the library, copies of uploads among them."""
    origins = {each.document.id: each.origin for each in removed if each.origin}
    assistant.index.add([each.document for each in removed], origins=origins)
    for each in removed:
        copy, kept = _copies(assistant, each.document)
        if kept.is_file():
            kept.replace(copy)


def _copies(assistant: "Assistant", document: Document) -> tuple[Path, Path]:
    """Where the copy of an upload is, and where it is kept once it is removed. A name of another folder has none."""
    home = assistant.index.home
    name = document.source.removeprefix(UPLOADED)
    if name == document.source or Path(name).name != name:
        name = "."
    return home / UPLOADS / name, home / "removed" / name


def removed_markup(removed: Sequence[Removed]) -> Markup:
    """What is told of documents that were removed, the last one last."""
    words = "Put it back" if len(removed) == 1 else f"Put all {len(removed)} back"
    back = element("button", words, type="button", data_event="restore")
    return element("p", f"“{removed[-1].document.title}” is removed. ", back, role="status", class_="cb-removed")


def indexing(following: Following) -> Iterator[Markup]:
    """How a sync comes on, and at last a summary or the error."""
    yield progress_markup({})
    while following.running:
        time.sleep(LOOK_AGAIN)
        yield progress_markup(following.progress, dict(following.read))
    if following.error:
        yield card("Indexing ended early", str(following.error), kind="error")
    else:
        yield report_markup(following.report or SyncReport())


def progress_markup(progress: Mapping[str, Progress], read: Mapping[str, str] | None = None) -> Markup:
    """A bar for each stage that is under way, above the files read last and those that failed (`Following.read`).

    Before the first news, a word.
    """
    under_way = [
        progress[stage] for stage in STAGES if stage in progress and progress[stage].done < progress[stage].total
    ]
    if not under_way:
        return element("p", "Looking for changes …", class_="cb-doing", role="status")
    return element("div", *(_bar(each) for each in under_way), _files(read or {}), class_="cb-progress")


def _files(read: Mapping[str, str]) -> Markup:
    failed = [_failed(source, reason) for source, reason in read.items() if reason][-ROWS:]
    well = [element("li", f"✓ {_named(source)}", class_="cb-done") for source, reason in read.items() if not reason]
    return element("ul", *failed, *reversed(well[-LATELY:]), class_="cb-files")


def _failed(source: str, reason: str) -> Markup:
    return element("li", f"✕ {_named(source)}: {reason.replace(UPLOADED, '')}", class_="cb-failed")


def _bar(progress: Progress) -> Markup:
    rate = None if progress.rate is None else f"{progress.rate:,.0f} a second"
    left = None if progress.seconds_left is None else f"about {max(1, round(progress.seconds_left)):,} s left"
    done = f"{STAGES[progress.stage]} {progress.done:,} of {progress.total:,}"
    words = facts(done, _named(progress.detail), rate, left)
    bar = element("progress", max=max(1, progress.total), value=progress.done, aria_label=STAGES[progress.stage])
    return element("div", bar, element("p", words, role="status"))


def report_markup(report: SyncReport) -> Markup:
    """What was added, updated, removed, and what failed and why."""
    done = (("✓ Added", report.added), ("✓ Updated", report.updated), ("– Removed", report.removed))
    lines = [_failed(failure.source, failure.reason) for failure in report.failed[:ROWS]]
    lines += [
        element("li", f"{what} {_named(name)}", class_="cb-done") for what, names in done for name in names[:ROWS]
    ]
    changed = sum(len(names) for _, names in done)
    counts = facts(
        f"{changed:,} {'file' if changed == 1 else 'files'} changed" if changed else "Nothing changed",
        f"{len(report.failed):,} failed" if report.failed else None,
    )
    again = [element("button", "Try again", type="button", data_event="again")] if report.failed else []
    return element("div", element("p", counts), element("ul", *lines), *again, class_="cb-report", role="status")


def _named(source: str) -> str:
    return source.removeprefix(UPLOADED)


def _searchable(document: DocumentInfo) -> str:
    return facts(document.title, document.author, document.publisher, document.source).casefold()


def _row(document: DocumentInfo, *, chosen: bool, some: bool, may_write: bool) -> Markup:
    named = {"data_document": document.id}
    opener = element(
        "button",
        element("span", document.title, class_="cb-title"),
        element("span", facts(document.author, document.publisher, document.date), class_="cb-who"),
        type="button",
        data_event="open",
        **named,
    )
    scope = "Leave it out" if chosen else "Ask this one too" if some else "Ask only this one"
    more = element(
        "details",
        element("summary", "⋯", aria_label=f"More about {document.title}"),
        element("p", facts(document.source, f"{document.characters:,} characters"), class_="cb-hint"),
        element("button", scope, type="button", data_event="scope", aria_pressed=str(chosen).lower(), **named),
        element("button", "Remove from the library", type="button", data_event="remove", **named) if may_write else "",
        class_="cb-more",
    )
    return element("li", opener, more, class_="cb-chosen" if chosen else None)
