"""PDF files: the text of every page by pdfium, and the geometry that tells paragraphs from headings and tables."""

import contextlib
import ctypes
import re
from collections.abc import Iterator, Sequence

import pypdfium2
import pypdfium2.raw as pdfium

from index.errors import EncryptedFile, NoText
from index.readers.builder import document_id, title_from
from index.readers.dates import iso_date
from index.readers.imprint import find_imprint
from index.readers.lines import heading_like, lines_of
from index.readers.pdf_blocks import blocks_from
from index.readers.pdf_kinds import style_of
from index.readers.pdf_lines import PdfLine, mend_hyphens
from index.readers.text import clean
from index.schema import Block, Document, Page

_CREATED = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
_NO_TITLE = re.compile(
    r"microsoft (?:word|powerpoint|excel)\b.*|untitled.*|(?:document|doc|slide|presentation|book|page)\s?\d*|no title|"
    r"print(?:ing)?|about:blank|\S*://.*|.*\.(?:docx?|pdf|indd|xlsx?|pptx?|qx[dp]|tex|dvi|html?|rtf|odt|ps|ai|fm|p65)",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"(?:admin|administrator|user|owner|root|unknown|anonymous|author|default|guest|none|n/?a|pc|home|acrobat|adobe)\d*"
    r"|.*(?:\bEDGAR\b|://|@|\w\.(?:com|io|net|org)\b|\bconverter\b|\bsoftware\b).*",
    re.IGNORECASE,
)
# First lines of many covers, and the title of none.
_NO_COVER = re.compile(
    r"united states(?: of america)?|(?:u\.?s\.? )?securities and exchange commission|form \S{1,7}|current report|"
    r"(?:table of )?contents|exhibit \S{1,8}|press release|news release|page \d+.*|abstract|confidential|draft",
    re.IGNORECASE,
)
_LARGE = 1.15  # times the size of body text
_TITLE_LINES = 3
_TOP = 30  # lines of the first page on which the title stands


def read_pdf(data: bytes, *, source: str) -> list[Document]:
    """The one document in a PDF file; its pages cover its text.

    Raises EncryptedFile for a file with a password, NoText for scans.
    """
    with _opened(data, source) as pdf:
        facts = {key: " ".join(clean(value).split()) for key, value in pdf.get_metadata_dict(skip_empty=True).items()}
        raw = list(_pages(pdf))
    paged = mend_hyphens(raw)
    if not any(paged):
        pages = f"{len(raw)} page" + "s" * (len(raw) != 1)
        raise NoText(f"{source} has {pages} but no text; it looks like a scan, run OCR on it and sync again")
    text, pages_, placed = _laid(paged)
    blocks = blocks_from(placed, text)
    imprint = find_imprint(lines_of(text[: pages_[0].end]))
    subject = {"subject": facts["Subject"]} if facts.get("Subject") else {}
    return [
        Document(
            id=document_id(source),
            text=_flowing(text, blocks),
            title=_title(facts.get("Title", ""), paged) or title_from(source),
            source=source,
            author=_author(facts.get("Author", "")) or imprint.author,
            publisher=imprint.publisher,
            date=imprint.date or _created(facts.get("CreationDate", "")),
            pages=pages_,
            blocks=blocks,
            metadata=subject,
        )
    ]


@contextlib.contextmanager
def _opened(data: bytes, source: str) -> Iterator[pypdfium2.PdfDocument]:
    """The document, its handles closed at the end."""
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


def _pages(pdf: pypdfium2.PdfDocument) -> Iterator[list[PdfLine]]:
    """The lines of every page, as pdfium gives them."""
    for number in range(len(pdf)):
        page = pdf[number]
        textpage = page.get_textpage()
        try:
            yield list(_lines(textpage))
        finally:
            textpage.close()
            page.close()


def _lines(textpage: pypdfium2.PdfTextPage) -> Iterator[PdfLine]:
    """The lines of a page that are not blank. A line end that pdfium takes for a hyphen stays in its line as U+00AD."""
    position = 0
    for raw in re.split(r"\r\n?|\n", textpage.get_text_range()):
        text = clean(raw.replace("\ufffe", "\u00ad")).strip()
        if text:
            first = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, position + len(raw) - len(raw.lstrip()))
            last = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, position + len(raw.rstrip()) - 1)
            yield PdfLine(
                text,
                width=len(text) - text.rfind("\u00ad") - 1,
                baseline=_baseline(textpage, first),
                bottom=_baseline(textpage, last),
                size=round(max(pdfium.FPDFText_GetFontSize(textpage, first), 0.0), 1),
                weight=max(min(pdfium.FPDFText_GetFontWeight(textpage, char) for char in (first, last)), 0),
            )
        position += len(raw) + 2  # pdfium parts lines by two characters


def _baseline(textpage: pypdfium2.PdfTextPage, index: int) -> float | None:
    """How high a character stands on its page, in points; None where pdfium does not know."""
    x, y = ctypes.c_double(), ctypes.c_double()
    return y.value if index >= 0 and pdfium.FPDFText_GetCharOrigin(textpage, index, x, y) else None


def _laid(paged: list[list[PdfLine]]) -> tuple[str, tuple[Page, ...], list[list[tuple[int, PdfLine]]]]:
    """One text, the pages that cover it, and for every page its lines with their offsets."""
    parts: list[str] = []
    pages: list[Page] = []
    placed: list[list[tuple[int, PdfLine]]] = []
    length = 0
    for number, lines in enumerate(paged, start=1):
        start = length
        placed.append([])
        for line in lines:
            placed[-1].append((length, line))
            parts.append(line.text)
            length += len(line.text) + 1
        if not lines:
            parts.append("")
            length += 1
        pages.append(Page(number, start, length))
    text = "\n".join(parts)
    pages[-1] = Page(len(pages), pages[-1].start, len(text))
    return text, tuple(pages), placed


def _flowing(text: str, blocks: Sequence[Block]) -> str:
    """The text with each block in one line: where a page's lines end says nothing. Every offset stays.

    >>> _flowing("Ships\\nsail.\\nPage 1", [Block(0, 11, "paragraph")])
    'Ships sail.\\nPage 1'
    """
    parts, at = [], 0
    for block in blocks:
        parts += [text[at : block.start], text[block.start : block.end].replace("\n", " ")]
        at = block.end
    return "".join([*parts, text[at:]])


def _title(given: str, paged: list[list[PdfLine]]) -> str | None:
    """The title: as the file gives it, else the largest print on its first page, else a heading near its top."""
    letters = sum(character.isalpha() for character in given)
    if letters >= 3 and 2 * letters >= len(given.replace(" ", "")) and not _NO_TITLE.fullmatch(given):
        return given
    body = style_of(paged).size
    top = [line for line in paged[0][:_TOP] if not _NO_COVER.fullmatch(line.text) and any(map(str.isalpha, line.text))]
    large = max((line.size for line in top), default=0.0)
    if body and large >= _LARGE * body:
        first = next(number for number, line in enumerate(paged[0]) if line.size == large and line in top)
        lines = [line.text for line in paged[0][first : first + _TITLE_LINES] if line.size == large]
        return " ".join(" ".join(lines).split())[:200]
    for line in top[:5]:
        if heading_like(line.text):
            return line.text
    return None


def _author(given: str) -> str | None:
    """The author as the file gives it, unless that is a program or an account."""
    return given if any(map(str.isalpha, given)) and not _NO_AUTHOR.fullmatch(given) else None


def _created(given: str) -> str | None:
    """The ISO date of a PDF date: D:20230817105302+00'00' is 2023-08-17."""
    match = _CREATED.match(given)
    return iso_date("-".join(match.groups())) if match and 1980 <= int(match[1]) <= 2100 else None
