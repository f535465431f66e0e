"""The flow of a Word document: its pieces put on a canvas with what hangs on them."""

from collections.abc import Mapping

from lxml import etree

from index.readers.office.docx_pieces import Piece, Pieces
from index.readers.office.docx_table import TableReader
from index.readers.office.docx_text import ParagraphText
from index.readers.office.drawing import draw_related
from index.readers.office.numerals import numeral
from index.readers.office.package import Package, attribute, local
from index.readers.paged import PagedCanvas

_MOST_HELD = 3  # bold lines in a row that are headings; more are a list
_SEPARATORS = ("separator", "continuationSeparator", "continuationNotice")


class Body:
    """Puts the paragraphs and tables of a document on a canvas in order."""

    def __init__(
        self,
        pieces: Pieces,
        *,
        package: Package,
        part: str,
        notes: Mapping[str, etree._Element | None],
    ) -> None:
        self.canvas = PagedCanvas(source=package.source)
        self.pieces = pieces
        self._package = package
        self._part = part
        self._notes = {kind: _by_id(root) for kind, root in notes.items()}
        self._footnotes = 0
        self._endnotes: list[etree._Element] = []
        self._held: list[str] = []
        self._level = 1
        self._tables = 0

    def read_paragraph(self, element: etree._Element, *, label: str = "") -> None:
        """Put a paragraph on the canvas, then its text boxes, drawings and footnotes."""
        if (piece := self.pieces.read(element)) is not None:
            self.put(piece, label=label)

    def table(self, element: etree._Element) -> TableReader:
        """A reader of the next table, whose element need not be complete yet."""
        self._tables += 1
        return TableReader(self, element, name=f"table {self._tables}")

    def put(self, piece: Piece, *, label: str = "") -> None:
        """Put a piece on the canvas, then what hangs on it."""
        if piece.emphatic and not label:
            # Whether a line in bold heads anything, what follows will tell.
            self._held.append(piece.text)
        elif piece.text:
            self.release(headings=piece.kind in ("paragraph", "item"))
            if piece.kind == "heading":
                self._level = piece.level
            self.canvas.add(piece.text, piece.kind, level=piece.level, label=label)
        if piece.hangs:
            self.put_hanging(piece.content)

    def put_hanging(self, content: ParagraphText) -> None:
        """Put text boxes, drawings and footnotes on the canvas; endnotes are kept for the end."""
        self.release(headings=False)
        for box in content.boxes:
            self._read_story(box, label="text box")
        for relation in content.drawings:
            draw_related(self._package, self._part, relation, self.canvas)
        for kind, number in content.notes:
            note = self._notes[kind].pop(number, None)
            if note is None:
                continue
            if kind == "endnote":
                self._endnotes.append(note)
            else:
                self._footnotes += 1
                self._read_story(note, label=f"footnote {self._footnotes}")

    def release(self, *, headings: bool) -> None:
        """Put the lines in bold that were held back on the canvas: as headings if text follows them."""
        as_headings = headings and len(self._held) <= _MOST_HELD
        for text in self._held:
            if as_headings:
                self.canvas.add(text, "heading", level=self._level + 1)
            else:
                self.canvas.add(text)
        self._held.clear()

    def finish(self) -> None:
        """Put what is left on the canvas, and the endnotes."""
        if (piece := self.pieces.rest()) is not None:
            self.put(piece)
        self.release(headings=False)
        for place, note in enumerate(self._endnotes, start=1):
            self._read_story(note, label=f"endnote {numeral(place, 'lowerRoman')}")
        self.release(headings=False)

    def _read_story(self, holder: etree._Element, *, label: str) -> None:
        """Put the paragraphs and tables inside an element on the canvas."""
        for element in holder:
            match local(element):
                case "p":
                    self.read_paragraph(element, label=label)
                case "tbl":
                    self.table(element).read_all()
                case "sdt" | "sdtContent" | "customXml":
                    self._read_story(element, label=label)
                case _:
                    pass


def _by_id(root: etree._Element | None) -> dict[str, etree._Element]:
    """Notes by id, without the lines that part them from the text."""
    return {
        attribute(note, "id") or "": note
        for note in (root if root is not None else ())
        if attribute(note, "type") not in _SEPARATORS
    }
