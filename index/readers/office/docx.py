"""Word documents: the body as it is read, streamed, with lists numbered, tables as rows, and notes below their text."""

from index.errors import EmptyFile
from index.readers.builder import document_id, title_from
from index.readers.office.docx_body import Body
from index.readers.office.docx_pieces import Pieces
from index.readers.office.docx_styles import Numbering, Styles
from index.readers.office.docx_table import TableReader
from index.readers.office.facts import facts_of
from index.readers.office.package import Package, discard, local, opened
from index.schema import Document


def read_docx(data: bytes, *, source: str) -> list[Document]:
    """The one document in a Word file. It has no pages: where they break, only a layout program knows.

    Headers, footers and comments are left out, as is what was deleted or hidden. Raises EmptyFile where nothing is
    said.
    """
    with opened(data, source=source) as package:
        facts = facts_of(package)
        body = _read(package)
    canvas = body.canvas
    text, blocks = canvas.text, canvas.blocks
    if not blocks:
        raise EmptyFile(f"{source} shows no text; nothing to index")
    heading = next((text[block.start : block.end] for block in blocks if block.kind == "heading"), None)
    found = facts.title or body.pieces.title or heading or ""
    return [
        Document(
            id=document_id(source),
            text=text,
            title=" ".join(found.split()) or title_from(source),
            source=source,
            author=facts.author,
            date=facts.date,
            blocks=blocks,
            metadata=facts.metadata,
        )
    ]


def _read(package: Package) -> Body:
    """The body on a canvas. A document of a million paragraphs is a tree of gigabytes: each is read and let go."""
    main = package.main(default="word/document.xml")
    parts = {relation.kind: relation.target for relation in package.relations(main).values()}
    styles = Styles(package.tree(parts.get("styles", "")))
    pieces = Pieces(styles, Numbering(package.tree(parts.get("numbering", "")), styles))
    notes = {kind: package.tree(parts.get(f"{kind}s", "")) for kind in ("footnote", "endnote")}
    body = Body(pieces, package=package, part=main, notes=notes)
    table: TableReader | None = None
    depth = 0
    for event, element in package.stream(main, "p", "tbl", "tr", events=("start", "end")):
        # Paragraphs stand in text boxes in paragraphs, tables in cells of rows: the outermost is read with all of it.
        name = local(element)
        if event == "start":
            if name == "tbl" and depth == 0:
                table = body.table(element)
            depth += name != "tbl"
        elif name == "tbl":
            if depth == 0 and table is not None:
                table.finish()
                table = None
        else:
            depth -= 1
            if depth == 0:
                if table is not None and name == "tr":
                    table.read_row(element)
                elif name == "p":
                    body.read_paragraph(element)
                discard(element)
    body.finish()
    return body
