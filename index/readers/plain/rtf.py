"""Rich text (RTF): its text by striprtf, its tables as rows."""

import re

from striprtf.striprtf import rtf_to_text

from index.errors import EmptyFile
from index.readers.builder import Canvas, document_id, title_from
from index.readers.dates import iso_date
from index.readers.office.facts import given_author, given_title
from index.readers.plain.document import layout_of
from index.readers.text import clean
from index.schema import Document

_HIGH = re.compile(rb"[\x80-\xff]")
_RAW = re.compile(rb"\\bin(\d{1,9}) ?")
# Images, written as hexadecimal digits: the library looks at each of them.
_IMAGE = re.compile(rb"[0-9a-fA-F]{40}(?:[0-9a-fA-F\r\n]{40}){25,}[0-9a-fA-F\r\n]*")
_LINK = re.compile("(?<=HYPER)(?=LINK)", re.IGNORECASE)
_CELL = re.compile(r"\\(?:nest)?cell(?![a-z])")
_FACT = r"\{\\%s\b((?:[^{}\\]|\\'[0-9a-fA-F]{2}|\\[a-z]{1,20}-?\d{0,6} ?|\\[{}\\]){1,500})\}"
_CREATED = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")


def read_rtf(data: bytes, *, source: str) -> list[Document]:
    r"""The one document in a rich text file; title, author and date are what the file says of itself.

    Raises EmptyFile.

    >>> sample = b"{\\rtf1\\ansi{\\info{\\author Ann Lee}}Soup is hot.\\par It costs \\'80 4.}"
    >>> document = read_rtf(sample, source="soup.rtf")[0]
    >>> document.author, document.text
    ('Ann Lee', 'Soup is hot.\n\nIt costs € 4.')
    """
    markup = _ascii(data)
    canvas = Canvas()
    for line in _plain(markup).split("\n"):
        cells = [" ".join(cell.split()) for cell in line.split("\x1f")]
        if len(cells) > 1:
            canvas.add(clean(" | ".join(cells[:-1])), "row")
        else:
            canvas.add(clean(line))
    if not canvas.blocks:
        raise EmptyFile(f"{source} shows no text; nothing to index")
    layout = layout_of(canvas.text)
    found = {(block.start, block.end): block for block in layout.blocks}
    made = _CREATED.search(markup)
    return [
        Document(
            id=document_id(source),
            text=canvas.text,
            title=given_title(_fact(markup, "title")) or layout.title or title_from(source),
            source=source,
            author=given_author(_fact(markup, "author")) or layout.imprint.author,
            publisher=layout.imprint.publisher,
            date=layout.imprint.date or (iso_date("-".join(made.groups())) if made else None),
            blocks=tuple(
                block if block.kind == "row" else found.get((block.start, block.end), block) for block in canvas.blocks
            ),
        )
    ]


def _ascii(data: bytes) -> str:
    """The markup, without images, its bytes beyond ASCII escaped."""
    parts, at = [], 0
    while raw := _RAW.search(data, at):
        parts.append(data[at : raw.start()])
        at = raw.end() + int(raw[1])
    markup = _IMAGE.sub(b"", b"".join([*parts, data[at:]]))
    return _HIGH.sub(lambda match: b"\\'%02x" % match[0][0], markup).decode("ascii")


def _plain(markup: str) -> str:
    """The text in markup; U+001F ends a cell of a table."""
    # What the library does with links shows their targets, and takes quadratic time. A line end in a word says nothing.
    markup = _LINK.sub("\n", _CELL.sub(r"\\'1f", markup))
    text: str = rtf_to_text(markup, errors="replace")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\xad", "")


def _fact(markup: str, name: str) -> str:
    match = re.search(_FACT % name, markup[:100_000])
    return " ".join(clean(_plain(match[1])).split()) if match else ""
