"""Tables of a Word document: rows of data, or an arrangement of text that is read cell by cell."""

from collections.abc import Iterator
from typing import Protocol

from lxml import etree

from index.readers.headers import Row
from index.readers.office.docx_pieces import Piece, Pieces
from index.readers.office.docx_styles import switch, whole
from index.readers.office.docx_text import ParagraphText
from index.readers.office.drawing import alternatives
from index.readers.office.package import attribute, child, children, local
from index.readers.paged import PagedCanvas
from index.readers.rows import RowWriter

_LONG_CELL = 500  # characters from which a cell is a text to be read, not a value
_WIDEST = 63  # columns, which Word allows
_WRAPPERS = frozenset(("sdt", "sdtContent", "customXml", "ins", "moveTo"))

Content = list["Piece | etree._Element"]


class Flow(Protocol):
    """The document around a table."""

    canvas: PagedCanvas
    pieces: Pieces

    def put(self, piece: Piece) -> None:
        """Put a piece on the canvas, then what hangs on it."""

    def put_hanging(self, content: ParagraphText) -> None:
        """Put what hangs on a piece on the canvas."""

    def release(self, *, headings: bool) -> None:
        """Put what was held back on the canvas."""

    def table(self, element: etree._Element) -> "TableReader":
        """A reader of a table inside this one."""


class TableReader:
    """Reads the rows of one table as they come; `element` need not be complete yet."""

    def __init__(self, body: Flow, element: etree._Element, *, name: str) -> None:
        self._body = body
        self._element = element
        self._columns: int | None = None
        self._number = 0
        self._above: dict[int, str] = {}
        self._writer = RowWriter(body.canvas)
        self._hanging: list[Piece] = []
        self._name = name

    def read_all(self) -> None:
        """Put the whole of a complete table on the canvas."""
        for row in _inside(self._element, "tr"):
            self.read_row(row)
        self.finish()

    def read_row(self, row: etree._Element) -> None:
        """Put a row on the canvas, or what its cells hold where they only arrange text."""
        if self._columns is None:
            self._columns = len(children(self._element, "tblGrid"))
            self._body.release(headings=True)
        look = child(row, "trPr")
        if child(look, "del") is not None:
            return
        self._number += 1
        column = 1 + (whole(attribute(child(look, "gridBefore"), "val")) or 0)
        cells: list[tuple[int, Content]] = []
        spans: list[tuple[int, int]] = []
        reaching: set[int] = set()
        for cell in _inside(row, "tc"):
            properties = child(cell, "tcPr")
            width = min(whole(attribute(child(properties, "gridSpan"), "val")) or 1, _WIDEST)
            if width > 1:
                spans.append((column, column + width - 1))
            merge = child(properties, "vMerge")
            if merge is not None and attribute(merge, "val") != "restart":
                reaching.add(column)
            cells.append((column, self._content(cell)))
            column += width
        if self._arranges(cells):
            self._arrange(cells)
            return
        shown: list[tuple[int, str]] = []
        pieces = [piece for _, content in cells for piece in content if isinstance(piece, Piece)]
        for place, content in cells:
            text = " ".join(piece.text for piece in content if isinstance(piece, Piece))
            text = self._above.get(place, "") if place in reaching else " ".join(text.split())
            self._above[place] = text
            if text:
                shown.append((place, text))
        self._hanging += [piece for piece in pieces if piece.hangs]
        bold = bool(shown) and all(piece.content.bold for piece in pieces if piece.text)
        known = switch(look, "tblHeader") is True and len(shown) > 1
        label = f"{self._name}, row {self._number}"
        self._writer.add(Row(self._number, tuple(shown), label, tuple(spans), bold, known))

    def finish(self) -> None:
        """Put what is held back on the canvas, and the notes and drawings that hang on it."""
        self._writer.finish()
        for piece in self._hanging:
            self._body.put_hanging(piece.content)
        self._hanging.clear()

    def _content(self, cell: etree._Element) -> Content:
        """What a cell holds, in order: paragraphs told apart, and tables."""
        found: Content = []
        for element in _inside(cell, "p", "tbl"):
            if local(element) == "tbl":
                found.append(element)
            elif (piece := self._body.pieces.read(element)) is not None:
                found.append(piece)
        return found

    def _arranges(self, cells: list[tuple[int, Content]]) -> bool:
        """Whether a row arranges text: one column, or tables, headings, lists or long texts in a cell."""
        if self._columns == 1:
            return True
        for _, content in cells:
            pieces = [piece for piece in content if isinstance(piece, Piece)]
            if len(pieces) < len(content) or any(piece.kind == "heading" for piece in pieces):
                return True
            if sum(piece.kind == "item" for piece in pieces) > 1 or sum(len(p.text) for p in pieces) > _LONG_CELL:
                return True
        return False

    def _arrange(self, cells: list[tuple[int, Content]]) -> None:
        """Put what the cells of a row hold on the canvas, one below the other."""
        self.finish()
        for _, content in cells:
            for part in content:
                if isinstance(part, Piece):
                    self._body.put(part)
                else:
                    self._body.release(headings=True)
                    self._body.table(part).read_all()


def _inside(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The elements of these names inside one, also within content controls and the like."""
    for part in alternatives(element):
        if local(part) in names:
            yield part
        elif local(part) in _WRAPPERS:
            yield from _inside(part, *names)
