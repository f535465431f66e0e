"""Real filings: how fast they are taken in, and whether the boxes around a quote hold just the quote."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2

from evals.bench.lines import BenchError, Line, Plan, Row
from evals.bench.machine import fresh
from evals.bench.sheet import pictured
from index import Box, Document, Index, Progress, Span
from index.catalog import Catalog

_FOLDER = "financebench/pdfs"
_CHECKED, _SHOWN = 400, 20
# Left out where characters are compared: a hyphen at a line's end may be gone from the quote, or stand for another.
_UNSEEN = str.maketrans("", "", "-\u00ad\u2010\u2011\ufffe\u0002")


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a passage, and where it is printed."""

    document: Document
    span: Span
    boxes: Sequence[Box]

    @property
    def text(self) -> str:
        """What it says."""
        return self.span.of(self.document.text)


def measure(plan: Plan) -> Line:
    """Pages, passages and seconds of the filings; then what stands in the boxes of random sentences.

    A sheet with pictures of twenty of them is written beside the benchmark's record.
    """
    folder = plan.data / _FOLDER if plan.data else None
    if folder is None or not folder.is_dir():
        return Line((), {}, (f"filings: give evaluation data that holds {_FOLDER} with --data",))
    home = plan.work / "filings"
    run = fresh(take_in, folder, home)
    found = fresh(checked, folder, home, plan.cache / "filings.png")
    pace = f"{run['read_s']:.1f} s, {run['seconds']:.0f} s"
    rows = (
        Row(f"{run['files']} filings, {run['pages']} pages, {run['passages']:,} passages: read, with vectors", pace),
        Row("sentences whose boxes hold all their characters", f"{found['held']} of {found['sentences']}"),
        Row("  … and whose middle holds no others", f"{found['alone']} of {found['sentences']}"),
        Row(f"  … {_SHOWN} of them, pictured", str(plan.cache / "filings.png")),
    )
    return Line(rows, {**run, **found})


def take_in(folder: Path, home: Path) -> dict[str, Any]:
    """Seconds of a sync of the folder, until all is read and until all is done, and how much there was."""
    read = 0.0

    def hear(news: Progress) -> None:
        nonlocal read
        if news.stage == "read" and news.done == news.total:
            read = time.perf_counter() - began

    with Index.open(home) as index:
        began = time.perf_counter()
        report = index.sync(folder, progress=hear)
        seconds = time.perf_counter() - began
        if report.failed:
            raise BenchError(f"{report.failed[0].source} was not read: {report.failed[0].reason}")
        pages = sum(len(index.document(info.id).pages) for info in index.documents())
        passages = index.counts()[1]
    return {"files": len(report.added), "pages": pages, "passages": passages, "read_s": read, "seconds": seconds}


def checked(folder: Path, home: Path, sheet: Path) -> dict[str, int]:
    """Of how many random sentences the boxes hold all characters, and of how many nothing else; some are pictured."""
    chance = random.Random(0)
    counts: Counter[str] = Counter()
    with Index.open(home) as index:
        quotes = [_quote(index, document, span) for document, span in _sentences(index, chance)]
        for quote in quotes:
            counts["sentences"] += 1
            wanted = Counter(_letters(quote.text))
            counts["held"] += not wanted - Counter(_printed(folder, quote, edge=0.0))
            # A line's upper and lower edge may lie within its neighbours.
            counts["alone"] += not Counter(_printed(folder, quote, edge=0.25)) - wanted
        pictured(index, [(quote.document, quote.text, quote.boxes) for quote in quotes[:_SHOWN]], sheet)
    return dict(counts)


def _sentences(index: Index, chance: random.Random) -> list[tuple[Document, Span]]:
    """Random sentences of passages, of every document alike."""
    chosen: list[tuple[Document, Span]] = []
    documents = [index.document(info.id) for info in index.documents()]
    catalog = Catalog(index.home / "catalog.sqlite")
    try:
        for document in documents:
            chunks = catalog.chunks(catalog.chunk_ids([document.id])).values()
            spans = [span for chunk in chunks for span in chunk.sentences]
            chosen += [(document, span) for span in chance.sample(spans, min(len(spans), _CHECKED // len(documents)))]
    finally:
        catalog.close()
    chance.shuffle(chosen)
    return chosen


def _quote(index: Index, document: Document, span: Span) -> Quote:
    return Quote(document, span, index.boxes(document.id, span.start, span.end))


def _printed(folder: Path, quote: Quote, *, edge: float) -> str:
    """The characters pdfium finds in the boxes, less this share of their height above and below."""
    said = []
    pdf = pypdfium2.PdfDocument(folder / quote.document.source)
    try:
        for box in quote.boxes:
            page = pdf[box.page - 1]
            left, _, _, top = page.get_bbox()
            cut = edge * (box.bottom - box.top)
            within = (left + box.left, top - box.bottom + cut, left + box.right, top - box.top - cut)
            said.append(page.get_textpage().get_text_bounded(*within))
    finally:
        pdf.close()
    return _letters("".join(said))


def _letters(text: str) -> str:
    return "".join(text.translate(_UNSEEN).split())
