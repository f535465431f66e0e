"""PDF files: text, pages and blocks by pdfium's characters and their print."""

from collections.abc import Sequence

import pypdfium2

from index.errors import NoText, ReadError
from index.readers.builder import document_id, title_from
from index.readers.pdf_blocks import blocks_of
from index.readers.pdf_facts import facts_of
from index.readers.pdf_flow import flowing
from index.readers.pdf_hyphens import Hyphens
from index.readers.pdf_kinds import style_of
from index.readers.pdf_lines import PdfLine, with_marks
from index.readers.pdf_ocr import Recogniser, Sight, installed, is_picture, lines_of
from index.readers.pdf_text import lines_of_print, opened, page_of, text_of
from index.readers.text import clean
from index.schema import Document


def read_pdf(data: bytes, *, source: str) -> list[Document]:
    """The one document in a PDF file; its pages cover its text.

    Pages that are pictures are recognised where the extra `ocr` is installed; `metadata` names them ("recognised"), and
    those that were not ("unread"). Raises EncryptedFile for a file with a password, NoText for one without text.
    """
    with opened(data, source) as pdf:
        given = {key: " ".join(clean(value).split()) for key, value in pdf.get_metadata_dict(skip_empty=True).items()}
        raw, notes = _read(pdf, source)
    hyphens = Hyphens.of(raw)
    paged = hyphens.mended(raw)
    style = style_of(paged)
    pieces = blocks_of(paged, style)
    text, pages, blocks = flowing(pieces, hyphens)
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
            pages=pages,
            blocks=blocks,
            metadata=({"subject": given["Subject"]} if given.get("Subject") else {}) | notes,
        )
    ]


def _read(pdf: pypdfium2.PdfDocument, source: str) -> tuple[list[list[PdfLine]], dict[str, str]]:
    """The lines of every page, and what there is to say of pages that are pictures."""
    raw: list[list[PdfLine]] = []
    pictures: list[int] = []
    for number in range(1, len(pdf) + 1):
        with page_of(pdf, number, source) as page, text_of(page) as textpage:
            raw.append(with_marks(list(lines_of_print(textpage))))
            if not raw[-1] and is_picture(page):
                pictures.append(number)
    recognised: list[int] = []
    if pictures and installed():
        recognised = _recognise(pdf, source, pictures, raw)
    if not any(raw):
        pages = f"{len(raw)} page" + "s" * (len(raw) != 1)
        way = "" if installed() else "; pip install 'citeback[ocr]' and sync again"
        raise NoText(
            f"{source} has {pages} but no text{'; it looks like a scan' * bool(pictures)}{way * bool(pictures)}"
        )
    unread = sorted(set(pictures) - set(recognised))
    told = {"recognised": recognised, "unread": unread}
    return raw, {key: numbered(numbers) for key, numbers in told.items() if numbers}


def _recognise(pdf: pypdfium2.PdfDocument, source: str, pictures: Sequence[int], raw: list[list[PdfLine]]) -> list[int]:
    """Put the lines that pictures of pages show into `raw`; the numbers of the pages there was time for.

    Raises ReadError where a file that is nothing but pictures would take longer than it may.
    """
    recogniser = Recogniser()
    done: dict[int, Sight] = {}
    scan = not any(raw)
    for number in pictures:
        ahead = len(pictures) - len(done) if scan else 1
        if not recogniser.time_for(ahead):
            if not scan:
                break
            raise ReadError(
                f"{source} has {len(pictures)} pages to recognise at {recogniser.seconds:.0f} s each, more than the "
                "time one file may take; raise the limit, split it, or run OCR on it elsewhere"
            )
        with page_of(pdf, number, source) as page:
            done[number] = recogniser.seen(page)
    for number, lines in zip(done, lines_of(list(done.values())), strict=True):
        raw[number - 1] = lines
    return list(done)


def numbered(numbers: Sequence[int]) -> str:
    """Page numbers in words.

    >>> numbered([3]), numbered([3, 4, 5, 9])
    ('page 3', 'pages 3-5, 9')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"page{'s' * (len(numbers) > 1)} {said}"
