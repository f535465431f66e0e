"""PDF files: text, pages and blocks by pdfium's characters and their print."""

from collections.abc import Sequence

import pypdfium2

from index.errors import NoText
from index.readers.builder import document_id, title_from
from index.readers.pdf_blocks import blocks_of
from index.readers.pdf_facts import facts_of
from index.readers.pdf_flow import flowing
from index.readers.pdf_hyphens import Hyphens
from index.readers.pdf_kinds import style_of
from index.readers.pdf_lines import PdfLine, with_marks
from index.readers.pdf_text import lines_of_print, opened, page_of, text_of
from index.readers.text import clean
from index.schema import Document


def read_pdf(data: bytes, *, source: str) -> list[Document]:
    """The one document in a PDF file; its pages cover its text.

    Raises EncryptedFile for a file with a password, NoText for scans.
    """
    with opened(data, source) as pdf:
        given = {key: " ".join(clean(value).split()) for key, value in pdf.get_metadata_dict(skip_empty=True).items()}
        raw = [_lines(pdf, number, source) for number in range(1, len(pdf) + 1)]
    if not any(raw):
        pages = f"{len(raw)} page" + "s" * (len(raw) != 1)
        raise NoText(f"{source} has {pages} but no text; it looks like a scan, run OCR on it and sync again")
    hyphens = Hyphens.of(raw)
    paged = hyphens.mended(raw)
    style = style_of(paged)
    pieces = blocks_of(paged, style)
    text, pages_, blocks = flowing(pieces, hyphens)
    running = [line for piece in pieces[0] if piece.draft.kind == "furniture" for line in piece.lines]
    facts = facts_of(given, paged[0], style.size, running=running)
    return [
        Document(
            id=document_id(source),
            text=text,
            title=facts.title or title_from(source),
            source=source,
            author=facts.author,
            publisher=facts.publisher,
            date=facts.date,
            pages=pages_,
            blocks=blocks,
            metadata={"subject": given["Subject"]} if given.get("Subject") else {},
        )
    ]


def _lines(pdf: pypdfium2.PdfDocument, number: int, source: str) -> Sequence[PdfLine]:
    with page_of(pdf, number, source) as page, text_of(page) as textpage:
        return with_marks(list(lines_of_print(textpage)))
