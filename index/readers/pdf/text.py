"""What pdfium tells of a PDF file: the lines of its pages, and how they are printed."""

import contextlib
import ctypes
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from index.errors import EncryptedFile, ReadError
from index.readers.pdf.lines import PdfLine
from index.readers.text import clean

CUT = "\ufffe"  # what pdfium makes of a hyphen at a line's end; it joins the two lines
_LINE = re.compile(r"\S(?:[^\r\n]*\S)?")
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)  # surrogates
_ALIKE = 1.12  # times the height of print that is not set smaller
# How far below the first half of a word the second may be, in heights of print: a page's number stands lower.
_NEAR, _NEXT = 2.2, 1.5


@contextlib.contextmanager
def opened(data: bytes, source: str) -> Iterator[pypdfium2.PdfDocument]:
    """The document, its handles closed at the end. Raises EncryptedFile where it needs a password."""
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise EncryptedFile(f"{source} is protected by a password; remove it and sync again") from error
        raise
    try:
        yield pdf
    finally:
        pdf.close()


@contextlib.contextmanager
def page_of(pdf: pypdfium2.PdfDocument, number: int, source: str) -> Iterator[pypdfium2.PdfPage]:
    """The page with that number (from 1), closed at the end; what was filled into a form is text of its page.

    Raises ReadError where there is no such page.
    """
    if not 1 <= number <= len(pdf):
        raise ReadError(f"{source} has no page {number}, only 1 to {len(pdf)}; sync it again")
    page = pdf[number - 1]
    if pdf.get_formtype() != pdfium.FORMTYPE_NONE:
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
        page.close()
        page = pdf[number - 1]
    try:
        yield page
    finally:
        page.close()


@contextlib.contextmanager
def text_of(page: pypdfium2.PdfPage) -> Iterator[pypdfium2.PdfTextPage]:
    """The text of a page, closed at the end."""
    textpage = page.get_textpage()
    try:
        yield textpage
    finally:
        textpage.close()


def characters(textpage: pypdfium2.PdfTextPage) -> tuple[str, Sequence[int]]:
    """The text of a page, and for each of its characters the number pdfium gives it, by which it tells their boxes.

    What pdfium gives at once leaves out what does not fit 16 bits and has pairs of surrogates; such pages are read
    character by character.
    """
    raw = textpage.raw
    count = pdfium.FPDFText_CountChars(raw)
    if count <= 0:
        return "", range(0)
    units = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(raw, 0, count, units)
    text = bytes(units)[: 2 * max(written - 1, 0)].decode("utf-16-le", errors="surrogatepass")
    if len(text) == count:
        return text, range(count)
    return _paired([pdfium.FPDFText_GetUnicode(raw, index) for index in range(count)])


def _paired(codes: Sequence[int]) -> tuple[str, list[int]]:
    """The text of these code points without zeros, pairs of surrogates made one; and for each character its number.

    >>> _paired([65, 0, 0xD835, 0xDD38, 66])
    ('A𝔸B', [0, 2, 4])
    """
    said: list[str] = []
    indexes: list[int] = []
    for index, code in enumerate(codes):
        if code in _LOW and said and ord(said[-1]) in _HIGH and indexes[-1] == index - 1:
            said[-1] = chr(0x10000 + ((ord(said[-1]) - _HIGH[0]) << 10) + code - _LOW[0])
        elif code:
            said.append(chr(code))
            indexes.append(index)
    return "".join(said), indexes


def line_spans(textpage: pypdfium2.PdfTextPage, text: str, indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where the lines of a page's text are, without the white space around them; the two halves of a cut word in one.

    Where a hyphen ends the last line of a page's text, pdfium joins what it finds next, if only the page's number.
    """
    for line in _LINE.finditer(text):
        start, end = line.span()
        cut = text.find(CUT, start + 1, end - 1)
        while cut > 0:
            if not _goes_on(textpage, text[cut + 1], indexes[cut - 1], indexes[cut + 1]):
                yield start, cut + 1
                start = next(_LINE.finditer(text, cut + 1)).start()
            cut = text.find(CUT, cut + 1, end - 1)
        yield start, end


def _goes_on(textpage: pypdfium2.PdfTextPage, following: str, before: int, after: int) -> bool:
    """Whether the character after a cut stands in the next line, or in the next column, and in the same print."""
    above, below = _loose(textpage.raw, before), _loose(textpage.raw, after)
    high = above.top - above.bottom
    drop = above.top - below.top if pdfium.FPDFPage_GetRotation(textpage.page) == 0 else 0.0
    alike = max(high, below.top - below.bottom) <= _ALIKE * min(high, below.top - below.bottom)
    return bool(alike and drop <= (_NEAR if following.isalpha() else _NEXT) * high)


def _loose(raw: Any, index: int) -> Any:
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(raw, index, box)
    return box


def lines_of_print(textpage: pypdfium2.PdfTextPage) -> Iterator[PdfLine]:
    """The lines of a page that are not blank. A line end that pdfium takes for a hyphen stays in its line as U+00AD."""
    text, indexes = characters(textpage)
    raw = textpage.raw
    turns = pdfium.FPDFPage_GetRotation(textpage.page)
    x, y = ctypes.c_double(), ctypes.c_double()

    def baseline(index: int) -> float | None:
        if not pdfium.FPDFText_GetCharOrigin(raw, index, x, y):
            return None
        return y.value if turns == 0 else (0.0, -x.value, -y.value, x.value)[turns]

    weight_of, size_of = pdfium.FPDFText_GetFontWeight, pdfium.FPDFText_GetFontSize
    for start, end in line_spans(textpage, text, indexes):
        said = shown(text[start:end])
        if not said:
            continue
        cut = text.rfind(CUT, start, end - 1)
        first = indexes[start]
        top = baseline(first)
        yield PdfLine(
            said,
            width=len(said) if cut < 0 else len(said) - said.rfind("\u00ad") - 1,
            baseline=top,
            bottom=top if cut < 0 else baseline(indexes[cut + 1]),
            size=round(max(size_of(raw, first), 0.0), 1),
            weight=max(min(weight_of(raw, first), weight_of(raw, indexes[end - 1])), 0),
        )


def shown(text: str) -> str:
    """A line as it is put into the document: in one line, without control characters, marks of cut words as U+00AD."""
    if text.isprintable():
        return text
    if text.endswith(CUT):
        text = text[:-1] + "-"
    return clean(text.replace(CUT, "\u00ad")).replace("\n", " ").strip()
