"""OpenDocument files: text documents, spreadsheets and presentations as LibreOffice saves them."""

from collections.abc import Iterator

from lxml import etree

from index.errors import EmptyFile, EncryptedFile, UnsupportedFormat
from index.readers.builder import document_id, title_from
from index.readers.dates import iso_date
from index.readers.headers import Row
from index.readers.markup.elements import draw
from index.readers.office.facts import given_author, given_title
from index.readers.office.package import Package, attribute, child, local, opened
from index.readers.paged import PagedCanvas
from index.readers.rows import RowWriter
from index.readers.text import clean
from index.schema import Document

_TAGS = {"table-row": "tr", "table-cell": "td", "list-item": "li", "line-break": "br", "p": "p"}
# Notes of editors, former versions, and what stands beside the text.
_HIDDEN = frozenset(("tracked-changes", "annotation", "annotation-end", "forms", "settings", "sequence-decls", "desc"))
_MOST_REPEATED = 256  # times a row or cell is written out; what is repeated more often fills the rest of a sheet


def read_opendocument(data: bytes, *, source: str) -> list[Document]:
    """The one document in an OpenDocument file; sheets and slides are its pages.

    Raises EncryptedFile for a file with a password, UnsupportedFormat for drawings and formulas, EmptyFile.
    """
    with opened(data, source=source) as package:
        manifest = package.tree("META-INF/manifest.xml")
        if manifest is not None and any(local(element) == "encryption-data" for element in manifest.iter("{*}*")):
            raise EncryptedFile(f"{source} is protected by a password; remove it and sync again")
        root = package.tree("content.xml")
        facts = _facts(package)
    body = child(root, "body")
    content = body[0] if body is not None and len(body) else None
    canvas = PagedCanvas(source=source)
    kind = local(content) if content is not None else "nothing"
    match kind:
        case "text":
            _draw(content, canvas)
        case "spreadsheet":
            _draw_sheets(content, canvas)
        case "presentation" | "drawing":
            _draw_slides(content, canvas)
        case _:
            raise UnsupportedFormat(f"{source} is an OpenDocument file of a kind that holds no text ({kind})")
    blocks = canvas.blocks
    if not blocks:
        raise EmptyFile(f"{source} shows no text; nothing to index")
    heading = next((canvas.text[block.start : block.end] for block in blocks if block.kind == "heading"), "")
    return [
        Document(
            id=document_id(source),
            text=canvas.text,
            title=given_title(facts.get("title", "")) or " ".join(heading.split()) or title_from(source),
            source=source,
            author=given_author(facts.get("initial-creator") or facts.get("creator", "")),
            date=iso_date((facts.get("creation-date") or facts.get("date", ""))[:10]),
            pages=canvas.pages if kind != "text" else (),
            blocks=blocks,
        )
    ]


def _facts(package: Package) -> dict[str, str]:
    root = package.tree("meta.xml")
    elements = root.iter("{*}*") if root is not None else ()
    return {local(element): " ".join(clean(element.text or "").split()) for element in elements if element.text}


def _draw_slides(content: etree._Element, canvas: PagedCanvas) -> None:
    pages = [element for element in content if local(element) == "page"]
    for number, page in enumerate(pages, start=1):
        canvas.turn(f"slide {number}")
        _draw(page, canvas)


def _draw_sheets(content: etree._Element, canvas: PagedCanvas) -> None:
    for number, sheet in enumerate((element for element in content if local(element) == "table"), start=1):
        canvas.turn(f"sheet {attribute(sheet, 'name') or number}")
        writer = RowWriter(canvas, letters=True)
        at = 1
        for element in sheet.iter("{*}table-row"):
            repeated = _repeated(element, "number-rows-repeated")
            cells = tuple(_cells(element))
            for row in range(at, at + min(repeated, _MOST_REPEATED)) if cells else ():
                writer.add(Row(row, cells, f"row {row}"))
            at += repeated
        writer.finish()


def _cells(row: etree._Element) -> Iterator[tuple[int, str]]:
    """The filled cells of a row with their columns. Dates are shown as ISO writes them."""
    column = 1
    for cell in row:
        repeated = _repeated(cell, "number-columns-repeated")
        if local(cell) == "table-cell":
            shown = " ".join("".join(part.itertext()) for part in cell if local(part) == "p")
            text = attribute(cell, "date-value") or " ".join(clean(shown).split())
            for place in range(column, column + min(repeated, _MOST_REPEATED)) if text else ():
                yield place, text
        column += repeated


def _repeated(element: etree._Element, name: str) -> int:
    value = attribute(element, name) or "1"
    return int(value) if value.isdecimal() and len(value) < 8 else 1


def _draw(content: etree._Element, canvas: PagedCanvas) -> None:
    """Draw a text, its elements named as those of HTML; its notes stand below it."""
    notes: list[str] = []
    for element in content.iter("{*}*"):
        name = local(element)
        if name in _HIDDEN:
            element.tag = "template"
        elif name == "h":
            level = attribute(element, "outline-level") or "1"
            element.tag = f"h{level if level in tuple('123456') else 6}"
        elif name in ("s", "tab"):
            element.text = " "
        elif name == "note":
            body = child(element, "note-body")
            notes.append(" ".join(clean("".join(body.itertext() if body is not None else ())).split()))
            element.tag = "template"
        elif name in _TAGS:
            element.tag = _TAGS[name]
    draw(content, canvas)
    for number, note in enumerate(notes, start=1):
        canvas.add(note, label=f"note {number}")
