"""PDF files: text, pages and blocks by pdfium's characters and their print."""

from collections.abc import Sequence

from index.errors import NoText
from index.readers.builder import document_id, title_from
from index.readers.pdf.blocks import blocks_of
from index.readers.pdf.facts import facts_of
from index.readers.pdf.flow import flowing
from index.readers.pdf.hyphens import Hyphens
from index.readers.pdf.kinds import style_of
from index.readers.pdf.ocr import installed
from index.readers.pdf.parts import Part, numbered, read_part
from index.schema import Document


def read_pdf(data: bytes, *, source: str) -> list[Document]:
    """The one document in a PDF file; its pages cover its text.

    Pages that are pictures are recognised where the extra `ocr` is installed; `metadata` names them ("recognised"), and
    those that were not ("unread"). Raises EncryptedFile for a file with a password, NoText for one without text.
    """
    return [document_of([read_part(data, source=source)], source=source)]


def document_of(parts: Sequence[Part], *, source: str) -> Document:
    """The document whose pages these parts hold, in order. Raises NoText where there is no text on them."""
    raw = [lines for part in parts for lines in part.pages]
    recognised = [number for part in parts for number in part.recognised]
    unread = [number for part in parts for number in part.unread]
    if not any(raw):
        raise NoText(_without_text(source, len(raw), scan=bool(unread or recognised)))
    hyphens = Hyphens.of(raw)
    paged = hyphens.mended(raw)
    style = style_of(paged)
    pieces = blocks_of(paged, style)
    text, pages, blocks = flowing(pieces, hyphens)
    given = parts[0].given
    running = [line for piece in pieces[0] if piece.draft.kind == "furniture" for line in piece.lines]
    facts = facts_of(given, paged[0], style.size, running=running)
    notes = {"subject": given.get("Subject"), "recognised": numbered(recognised), "unread": numbered(unread)}
    return Document(
        id=document_id(source),
        text=text,
        title=facts.title or title_from(source),
        source=source,
        author=facts.author,
        publisher=facts.publisher,
        date=facts.date,
        pages=pages,
        blocks=blocks,
        metadata={key: value for key, value in notes.items() if value},
    )


def _without_text(source: str, count: int, *, scan: bool) -> str:
    pages = f"{count} page" + "s" * (count != 1)
    if not scan:
        return f"{source} has {pages} but no text; nothing to index"
    way = (
        "sync again with the extra: pip install 'citeback[ocr]'"
        if not installed()
        else "nothing on them was recognised"
    )
    return f"{source} has {pages} but no text; it looks like a scan, {way}"
