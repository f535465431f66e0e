"""Where on a PDF's pages its text is printed, and what a page looks like."""

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from index.errors import ReadError
from index.readers.pdf.align import aligned, unbroken, with_hyphens
from index.readers.pdf.text import CUT, characters, line_spans, opened, page_of, text_of
from index.schema import Box, Document, Page, Picture, PrintedPage, Span

_HYPHENS = ("-", "\u00ad", CUT)
_SAME_LINE = 0.3  # of the lower height that two neighbours on a line share
_APART = 1.0  # times the height of a line by which the cells of a table stand apart in it
_MOST_PIXELS = 16_000_000  # of a picture: 64 MB while it is drawn

_Rectangle = tuple[float, float, float, float]  # left, bottom, right, top, as a PDF counts: upwards


def boxes_of(data: bytes, document: Document, start: int, end: int) -> list[Box]:
    """One box for each line of print of `document.text[start:end]`, in reading order; `data` is the document's file.

    Only the pages the span touches are read. Raises ReadError where a page's characters are not those of the document:
    the file has changed, or its text was recognised in a picture.
    """
    boxes: list[Box] = []
    with opened(data, document.source) as pdf:
        for page in document.pages:
            if max(page.start, start) < min(page.end, end):
                with page_of(pdf, page.number, document.source) as shown, text_of(shown) as textpage:
                    view = _View.of(shown, page.number)
                    boxes += [view.box(found) for found in _printed(textpage, document, page, start, end)]
    return boxes


def picture_of(data: bytes, number: int, *, width: int, source: str = "the file") -> Picture:
    """The page with that number (from 1), `width` pixels wide, less where that would be over 16 megapixels."""
    with opened(data, source) as pdf, page_of(pdf, number, source) as page:
        across, down = page.get_size()
        # A hair less: pdfium rounds up.
        scale = min((width - 0.001) / across, (_MOST_PIXELS / (across * down)) ** 0.5)
        picture = page.render(scale=scale).to_pil()
    written = io.BytesIO()
    picture.save(written, "PNG")
    return Picture(written.getvalue(), scale)


def print_of(data: bytes, document: Document, number: int) -> PrintedPage:
    """The print of the page with that number (from 1). Raises as `boxes_of`, and for a page there is not."""
    page = next(page for page in document.pages if page.number == number)
    with (
        opened(data, document.source) as pdf,
        page_of(pdf, number, document.source) as shown,
        text_of(shown) as textpage,
    ):
        view, (width, height) = _View.of(shown, number), shown.get_size()
        lines = sorted(_lines(textpage, document, page))
        spans = with_hyphens([span for span, _ in lines], document.text, page)
        placed = zip(spans, (view.box(rectangle) for _, rectangle in lines), strict=True)
    return PrintedPage(width, height, tuple((Span(*span), box) for span, box in placed))


def _lines(
    textpage: pypdfium2.PdfTextPage, document: Document, page: Page
) -> Iterator[tuple[tuple[int, int], _Rectangle]]:
    """The lines of a page, or what of them stands apart: which of the document's characters, outer hyphens left out."""
    text, indexes = _characters(textpage, document, page)
    spans = list(line_spans(textpage, text, indexes))
    for (start, end), line in zip(spans, aligned(text, spans, document, page), strict=True):
        printed = list(_rectangles(textpage.raw, text, range(start, end), indexes, apart=_APART))
        begins = [start, *(place for place, _ in printed[1:]), end]
        for (begin, until), (_, rectangle) in zip(pairwise(begins), printed, strict=False):
            offsets = [offset for offset, place in line if begin <= place < until]
            if offsets and unbroken(offsets, document.text):
                yield (offsets[0], offsets[-1] + 1), rectangle


def _printed(
    textpage: pypdfium2.PdfTextPage, document: Document, page: Page, start: int, end: int
) -> Iterator[_Rectangle]:
    """The rectangles of the span's lines on one page."""
    text, indexes = _characters(textpage, document, page)
    found: list[tuple[int, range]] = []
    for line in aligned(text, line_spans(textpage, text, indexes), document, page):
        inside = [pair for pair in line if start <= pair[0] < end]
        if inside:
            found.append((inside[0][0], _whole(text, document.text, Span(start, end), inside[0], inside[-1])))
    for _, places in sorted(found, key=lambda each: each[0]):
        yield from (rectangle for _, rectangle in _rectangles(textpage.raw, text, places, indexes))


def _characters(textpage: pypdfium2.PdfTextPage, document: Document, page: Page) -> tuple[str, Sequence[int]]:
    """As `characters`. Raises ReadError where the page has none, for its text was recognised in a picture."""
    text, indexes = characters(textpage)
    if not text.strip() and document.text[page.start : page.end].strip():
        raise ReadError(
            f"{document.source}: page {page.number} was recognised in a picture; where its words are is not known"
        )
    return text, indexes


def _whole(text: str, quoted: str, span: Span, first: tuple[int, int], last: tuple[int, int]) -> range:
    """The places in `text` of a line's characters, with the hyphens at either end that are part of the quote."""
    (at, begin), (until, end) = first, (last[0] + 1, last[1] + 1)
    while at > span.start and quoted[at - 1] in _HYPHENS and begin and text[begin - 1] in _HYPHENS:
        at, begin = at - 1, begin - 1
    # A hyphen that ends the line is gone from a word that was put together.
    while until < span.end and text[end : end + 1] in _HYPHENS:
        if quoted[until] not in _HYPHENS and not _ends_line(text, end + 1):
            break
        until, end = until + 1, end + 1
    return range(begin, end)


def _ends_line(text: str, place: int) -> bool:
    return place >= len(text) or text[place] in "\r\n"


def _rectangles(
    textpage: Any, text: str, places: range, indexes: Sequence[int], *, apart: float = math.inf
) -> Iterator[tuple[int, _Rectangle]]:
    """One rectangle around the characters at `places`, more where they stand in several lines of print.

    Each with the place of its first character. What stands `apart` heights or more from the rest has its own.
    """
    loose = pdfium.FS_RECTF()
    quarters = round(pdfium.FPDFText_GetCharAngle(textpage, indexes[places[0]]) / (math.pi / 2))
    begin = places[0]
    around: _Rectangle | None = None
    previous: _Rectangle | None = None
    for place in places:
        if text[place].isspace() or not pdfium.FPDFText_GetLooseCharBox(textpage, indexes[place], loose):
            continue
        here = loose.left, loose.bottom, loose.right, loose.top
        if here[0] >= here[2] or here[1] >= here[3]:
            continue
        if (
            around is not None
            and previous is not None
            and not _beside(previous, here, apart, upright=quarters % 2 == 0)
        ):
            yield begin, around
            around = None
        if around is None:
            begin = place
        around = here if around is None else _union(around, here)
        previous = here
    if around is not None:
        yield begin, around


def _beside(one: _Rectangle, other: _Rectangle, apart: float, *, upright: bool) -> bool:
    """Whether two characters that follow one another stand in one line: they share some of their height."""
    low, high, begin, end = (1, 3, 0, 2) if upright else (0, 2, 1, 3)
    height = min(one[high] - one[low], other[high] - other[low])
    between = max(one[begin], other[begin]) - min(one[end], other[end])
    return min(one[high], other[high]) - max(one[low], other[low]) >= _SAME_LINE * height and between < apart * height


def _union(one: _Rectangle, other: _Rectangle) -> _Rectangle:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


@dataclass(frozen=True, slots=True)
class _View:
    """How a viewer shows a page: what of it, and how many quarter turns clockwise."""

    number: int
    shown: _Rectangle
    turns: int

    @classmethod
    def of(cls, page: pypdfium2.PdfPage, number: int) -> "_View":
        return cls(number, page.get_bbox(), page.get_rotation() // 90 % 4)

    def box(self, printed: _Rectangle) -> Box:
        """A rectangle of the PDF as a viewer shows it.

        >>> _View(1, (0, 0, 200, 100), 0).box((10, 20, 30, 25)), _View(1, (0, 0, 200, 100), 1).box((10, 20, 30, 25))
        (Box(page=1, left=10, top=75, right=30, bottom=80), Box(page=1, left=20, top=10, right=25, bottom=30))
        """
        left, bottom, right, top = (round(side, 2) for side in printed)
        begin, floor, end, ceiling = self.shown
        sides = (
            (left - begin, ceiling - top, right - begin, ceiling - bottom),
            (bottom - floor, left - begin, top - floor, right - begin),
            (end - right, bottom - floor, end - left, top - floor),
            (ceiling - top, end - right, ceiling - bottom, end - left),
        )[self.turns]
        return Box(self.number, *(round(side, 2) for side in sides))
