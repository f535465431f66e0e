"""The printed view of a source: pictures of its pages with the quote boxed and the text selectable."""

import re
import unicodedata
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from index import Box, CitebackError, Document, DocumentNotFound, Page, PrintedPage, ReadError, Span

from .render import card, element, part_button, text

if TYPE_CHECKING:
    from assistant import Assistant

# Where `page_route` is served: pages hold pictures from there and from nowhere else.
# Below where the page is.
PAGES: Final = "citeback/page"
# Pixels of a picture: print of 8 points is sharp in a pane of 600 on a dense screen.
WIDTH: Final = 1200
WIDEST: Final = 2400
# Pages of a quote that are shown at once; it seldom has two.
_MOST_PAGES = 3
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,7}")
# Widths of letters in ems, as in Arial and what stands for it; others are about half an em.
_EMS = {0.25: "fijlrtI.,:;'|!()[]/ -’‘", 0.7: "ABCDEGHKNOPQRSUVXY&", 0.85: "mwMW@%—…"}
_HALF = 0.53
# The share of a line that its letters fill in Arial: in the widest fonts there are for it, all. Its spaces make it up.
_FILLED = 0.84
_WIDTHS = {letter: width for width, letters in _EMS.items() for letter in letters}


class Unprinted(Markup):
    """A card that says why pages cannot be shown. The text can: whoever gets this shows it below."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """A page as it was found: its print and the quote's boxes on it, or why neither is known."""

    page: Page
    printed: PrintedPage | None = None
    boxes: Sequence[Box] = ()
    reason: str = ""


def printed_markup(assistant: "Assistant", document: Document, place: Span, *, opened: str) -> Markup | None:
    """The page of `place`, boxes around what is printed there, between its neighbours; None where nothing is printed.

    Where the file is gone, has changed or cannot be looked into, the answer is `Unprinted`. A page that was recognised
    in a picture is shown without boxes and says so.
    """
    pages = document.pages
    if not pages or any(each.label for each in pages) or not _ID.fullmatch(document.id):
        return None
    centre = _position(pages, document.page_at(place.start))
    until = _position(pages, document.page_at(max(place.end - 1, place.start)))
    first, last = max(centre - 1, 0), min(until + 2, centre + _MOST_PAGES + 1, len(pages))
    try:
        looked = [_look(assistant, document, each, place) for each in pages[first:last]]
        if looked[centre - first].reason:
            # Was it the page alone that could not be looked into? Then there is a picture of it.
            assistant.index.picture(document.id, pages[centre].number, width=1)
    except CitebackError as error:
        return Unprinted(card("The pages of this source cannot be shown", str(error)))
    marked = next((each.page for each in looked if each.boxes), None)
    sheets = [
        _sheet(document, each, mark=each.page is marked, place=marked is None and each.page is pages[centre])
        for each in looked
    ]
    if first > 0:
        sheets.insert(0, part_button("Earlier pages", document.id, pages[max(first - 2, 0)].start, view="printed"))
    if last < len(pages):
        sheets.append(
            part_button("Later pages", document.id, pages[min(last + 1, len(pages) - 1)].start, view="printed")
        )
    return element("div", *sheets, class_="cb-sheets", data_opened=opened or None)


def page_route(assistant: "Assistant") -> Callable[[Request], Awaitable[Response]]:
    """What answers a GET of PAGES/document_id/page?width=W: the page as PNG, `WIDTH` pixels wide where none are named.

    It says in plain text why there is none: 404 for a document or page that is not there, 410 where the file is gone
    or not as it was read, 400 for a width that cannot be.
    """

    async def page(request: Request) -> Response:
        document_id, number = request.path_params["document_id"], request.path_params["page"]
        width = request.query_params.get("width", str(WIDTH))
        if not _NUMBER.fullmatch(number):
            return _refused(f"{number!r} is no page; pages count from 1", 404)
        if not _NUMBER.fullmatch(width) or not 1 <= int(width) <= WIDEST:
            return _refused(f"a picture cannot be {width!r} pixels wide; ask for 1 to {WIDEST}", 400)
        return await run_in_threadpool(_pictured, assistant, document_id, int(number), int(width))

    return page


def _pictured(assistant: "Assistant", document_id: str, number: int, width: int) -> Response:
    try:
        document = assistant.index.document(document_id)
        if not any(page.number == number and not page.label for page in document.pages):
            return _refused(f"{document.source} has no printed page {number}; it has {len(document.pages)}", 404)
        picture = assistant.index.picture(document_id, number, width=width)
    except DocumentNotFound as error:
        return _refused(str(error), 404)
    except CitebackError as error:
        return _refused(str(error), 410)
    # No other site may show it, nor learn from it that there is such a document.
    headers = {"Cache-Control": "private, max-age=600", "Cross-Origin-Resource-Policy": "same-origin"}
    return Response(picture.png, media_type="image/png", headers=headers)


def _refused(reason: str, status: int) -> Response:
    return PlainTextResponse(reason, status, headers={"Cache-Control": "no-store"})


def _position(pages: Sequence[Page], number: int | None) -> int:
    """Which of the pages has that number; the last where none has."""
    return next((place for place, page in enumerate(pages) if page.number == number), len(pages) - 1)


def _look(assistant: "Assistant", document: Document, page: Page, place: Span) -> _Looked:
    """The page's print and boxes. Raises StoreError where the file is gone or has changed."""
    start, end = max(place.start, page.start), min(place.end, page.end)
    try:
        printed = assistant.index.print_of(document.id, page.number)
        boxes = assistant.index.boxes(document.id, start, end) if start < end else []
    except ReadError as error:
        return _Looked(page, reason=str(error))
    return _Looked(page, printed, [box for box in boxes if _sides(box, printed)])


def _sheet(document: Document, looked: _Looked, *, mark: bool, place: bool) -> Markup:
    """A page: its picture, the boxes over it, the text over both; `mark` and `place` say what is scrolled to."""
    printed, number = looked.printed, looked.page.number
    parts = [_picture(document, number, printed)]
    if printed:
        for count, box in enumerate(looked.boxes):
            parts.append(_placed("cb-box", box, printed, id_="cb-mark" if mark and not count else None))
        parts.append(_layer(document, looked.page, printed))
    else:
        parts.append(element("figcaption", looked.reason))
    return element("figure", *parts, class_="cb-sheet", data_page=number, id="cb-place" if place else None)


def _layer(document: Document, page: Page, printed: PrintedPage) -> Markup:
    """The characters of a page, all of them and in their order, its lines where they are printed."""
    parts: list[Markup] = []
    at = page.start
    for span, box in printed.lines:
        if not at <= span.start < span.end <= page.end or not _sides(box, printed):
            continue
        parts += [text(document.text[at : span.start]), _placed("cb-line", box, printed, span.of(document.text))]
        at = span.end
    return element("div", *parts, text(document.text[at : page.end]), class_="cb-layer")


def _picture(document: Document, number: int, printed: PrintedPage | None) -> Markup:
    """The one element of the page with an address: the route of pictures and an id that is letters and digits."""
    if not _ID.fullmatch(document.id):
        raise ValueError(f"{document.id!r} cannot stand in an address")
    # A picture that was kept from before the file changed would not fit the boxes.
    version = zlib.crc32(ascii(printed or document.text).encode())
    address = Markup("{}/{}/{:d}?width={:d}&amp;print={:08x}").format(PAGES, document.id, number, WIDTH, version)
    # Of the page's shape before it is loaded: what is boxed is in its place at once.
    shape = (round(10 * printed.width), round(10 * printed.height)) if printed else ()
    size = Markup(' width="{:d}" height="{:d}"').format(*shape) if shape else Markup("")
    title = text(f"Page {number} of {document.title}")
    return Markup('<img loading="lazy" draggable="false" src="{}" alt="{}"{}>').format(address, title, size)


def _placed(kind: str, box: Box, printed: PrintedPage, said: str = "", *, id_: str | None = None) -> Markup:
    """What lies over a part of the page, in percent of it. Its style is made of numbers alone.

    Letters are sized so that the line is never wider than its print, in hundredths of the page's width (cqw).
    """
    left, top, right, bottom = _sides(box, printed) or (0.0, 0.0, 0.0, 0.0)
    style = f"left:{left:.3f}%;top:{top:.3f}%;width:{right - left:.3f}%;height:{bottom - top:.3f}%"
    if said:
        high = (box.bottom - box.top) / printed.width * 100
        size = min(_FILLED * (right - left) / _ems(said), high)
        style += f";font-size:{size:.3f}cqw;line-height:{high:.3f}cqw"
    named = Markup(' id="{}"').format(id_) if id_ else Markup("")
    return Markup('<span class="{}" style="{}"{}>{}</span>').format(kind, style, named, text(said))


def _sides(box: Box, printed: PrintedPage) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom in percent of the page, as far as they are on it; None of what is not on it.

    >>> _sides(Box(1, -50.0, 50.0, 100.0, 60.0), PrintedPage(200.0, 100.0, ()))
    (0.0, 50.0, 50.0, 60.0)
    """
    across = [min(max(100 * float(side) / printed.width, 0.0), 100.0) for side in (box.left, box.right)]
    down = [min(max(100 * float(side) / printed.height, 0.0), 100.0) for side in (box.top, box.bottom)]
    return (across[0], down[0], across[1], down[1]) if across[0] < across[1] and down[0] < down[1] else None


def _ems(said: str) -> float:
    """About how wide a text is, in sizes of its letters.

    >>> _ems("mill")
    1.6
    """
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in said)
    return sum(_WIDTHS.get(letter, _HALF) for letter in said) + (1 - _HALF) * wide
