"""What is printed on a run of a PDF's pages: a large file may be read in parts, by processes side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2

from index.errors import ReadError
from index.readers.pdf.lines import PdfLine, with_marks
from index.readers.pdf.ocr import Recogniser, Sight, installed, is_picture, lines_of
from index.readers.pdf.text import lines_of_print, opened, page_of, text_of
from index.readers.text import clean

_BROKEN = 100  # damaged pages before the first sound one, after which there is none


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of consecutive pages, and what the file says of itself.

    `recognised` are the numbers (from 1) of pages that are pictures and were read all the same, `unread` of those that
    were not, and of damaged ones.
    """

    pages: Sequence[Sequence[PdfLine]]
    given: Mapping[str, str]
    recognised: Sequence[int] = ()
    unread: Sequence[int] = ()


def page_count(data: bytes, *, source: str) -> int:
    """How many pages a file has; raises as `read_part`."""
    with opened(data, source) as pdf:
        return len(pdf)


def read_part(data: bytes, *, source: str, first: int = 1, last: int | None = None) -> Part:
    """What the pages from `first` to `last` (by default all) hold.

    Pages that are pictures are recognised where the extra `ocr` is installed, as far as there is time. Raises
    EncryptedFile for a file with a password, ReadError for a scan that takes longer than there is time.
    """
    with opened(data, source) as pdf:
        given = {key: " ".join(clean(value).split()) for key, value in pdf.get_metadata_dict(skip_empty=True).items()}
        numbers = range(first, (last or len(pdf)) + 1)
        pages: list[Sequence[PdfLine]] = []
        pictures: list[int] = []
        broken: list[int] = []
        for number in numbers:
            lines: list[PdfLine] = []
            try:
                with page_of(pdf, number, source) as page, text_of(page) as textpage:
                    lines = with_marks(list(lines_of_print(textpage)))
                    if not lines and is_picture(page):
                        pictures.append(number)
            except pypdfium2.PdfiumError:
                broken.append(number)
                # A damaged page does not lose the others; a file may claim a million that are not there.
                if len(broken) >= min(len(pdf), _BROKEN) and not any(pages):
                    raise
            pages.append(lines)
        scan = len(numbers) == len(pdf) and not any(pages)
        seen = _recognised(pdf, source, pictures, scan=scan) if pictures and installed() else {}
    for number, recognised in zip(seen, lines_of(list(seen.values())), strict=True):
        pages[number - first] = recognised
    return Part(pages, given, list(seen), sorted({*broken, *pictures} - set(seen)))


def _recognised(pdf: pypdfium2.PdfDocument, source: str, pictures: Sequence[int], *, scan: bool) -> dict[int, Sight]:
    """What was recognised on pages that are pictures, by their numbers.

    There may not be time for all. Raises ReadError where a scan, a file without other pages, would take too long.
    """
    recogniser = Recogniser()
    seen: dict[int, Sight] = {}
    for number in pictures:
        if not recogniser.time_for(len(pictures) - len(seen) if scan else 1):
            if not scan:
                break
            raise ReadError(
                f"{source} has {len(pictures)} pages to recognise at {recogniser.seconds:.0f} s each, more than the "
                "time one file may take; raise the limit, split it, or run OCR on it elsewhere"
            )
        with page_of(pdf, number, source) as page:
            seen[number] = recogniser.seen(page)
    return seen


def part_record(part: Part) -> dict[str, Any]:
    """A part as JSON can hold it."""
    pages = [
        [[line.text, line.width, line.baseline, line.bottom, line.size, line.weight] for line in lines]
        for lines in part.pages
    ]
    return {"pages": pages, "given": dict(part.given), "recognised": part.recognised, "unread": part.unread}


def part_from(record: Mapping[str, Any]) -> Part:
    """The part of a `part_record`.

    >>> part = Part([[PdfLine("Soup", 4, 9.0)], []], {"Title": "Soups"}, [], [2])
    >>> part_from(part_record(part)) == part
    True
    """
    pages = [[PdfLine(*line) for line in lines] for lines in record["pages"]]
    return Part(pages, record["given"], record["recognised"], record["unread"])


def numbered(numbers: Iterable[int]) -> str:
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
    return f"page{'' if said.isdecimal() else 's'} {said}" if runs else ""
