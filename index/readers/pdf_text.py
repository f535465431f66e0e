"""What pdfium tells of a PDF file: the lines of its pages, and how they are printed."""

import contextlib
import ctypes
import re
from collections.abc import Iterator, Sequence

import pypdfium2
import pypdfium2.raw as pdfium

from index.errors import EncryptedFile, ReadError
from index.readers.pdf_lines import PdfLine
from index.readers.text import clean

CUT = "\ufffe"  # what pdfium makes of a hyphen at a line's end; it joins the two lines
LINE = re.compile(r"\S(?:[^\r\n]*\S)?")  # of print, without the white space around it


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
    """The page with that number (from 1), closed at the end. Raises ReadError where there is none."""
    if not 1 <= number <= len(pdf):
        raise ReadError(f"{source} has no page {number}, only 1 to {len(pdf)}; sync it again")
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

    pdfium gives a page's text at once in 16-bit units, and leaves out what does not fit; such pages are read character
    by character.
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
    codes = [pdfium.FPDFText_GetUnicode(raw, index) for index in range(count)]
    indexes = [index for index, code in enumerate(codes) if code]
    # Where wide characters have 16 bits, pairs of surrogates stay two; `clean` drops them, as it does lone ones.
    return "".join(chr(codes[index]) for index in indexes), indexes


def lines_of_print(textpage: pypdfium2.PdfTextPage) -> Iterator[PdfLine]:
    """The lines of a page that are not blank. A line end that pdfium takes for a hyphen stays in its line as U+00AD."""
    text, indexes = characters(textpage)
    raw = textpage.raw
    x, y = ctypes.c_double(), ctypes.c_double()

    def baseline(index: int) -> float | None:
        return y.value if pdfium.FPDFText_GetCharOrigin(raw, index, x, y) else None

    for line in LINE.finditer(text):
        start, end = line.span()
        said = shown(text[start:end])
        if not said:
            continue
        cut = text.rfind(CUT, start, end)
        first, last = indexes[start], indexes[end - 1]
        weight = min(pdfium.FPDFText_GetFontWeight(raw, first), pdfium.FPDFText_GetFontWeight(raw, last))
        top = baseline(first)
        yield PdfLine(
            said,
            width=len(said) if cut < 0 else len(said) - said.rfind("\u00ad") - 1,
            baseline=top,
            bottom=top if cut < 0 else baseline(indexes[min(cut + 1, end - 1)]),
            size=round(max(pdfium.FPDFText_GetFontSize(raw, first), 0.0), 1),
            weight=max(weight, 0),
        )


def shown(text: str) -> str:
    """A line as it is put into the document: in one line, without control characters, marks of cut words as U+00AD."""
    if text.isprintable():
        return text
    return clean(text.replace(CUT, "\u00ad")).replace("\n", " ").strip()
