"""PowerPoint presentations: every slide as it is read, with its tables, charts and notes."""

from collections.abc import Iterator

from lxml import etree

from index.errors import EmptyFile, NoText, ReadError
from index.readers.builder import document_id, title_from
from index.readers.headers import Row
from index.readers.office.drawing import alternatives, draw_related, paragraphs
from index.readers.office.facts import facts_of
from index.readers.office.numerals import slide_numeral
from index.readers.office.package import Package, attribute, child, children, local, opened, relation_id
from index.readers.office.slide_shapes import Placeholders, Shape, shapes_of
from index.readers.paged import PagedCanvas
from index.readers.rows import RowWriter
from index.schema import BlockKind, Document

MAX_SLIDES = 10_000  # read; a day's worth of a slide every nine seconds
_LONGEST_TITLE = 300  # characters


def read_pptx(data: bytes, *, source: str) -> list[Document]:
    """The one document in a presentation: a page to each slide, its title a heading, its notes behind it.

    Hidden slides are read and labelled so: they are left out of the show, not of the file. Comments are left out.
    Raises NoText for slides that are all pictures.
    """
    with opened(data, source=source) as package:
        facts = facts_of(package)
        reader = _Presentation(package)
        reader.draw()
    canvas = reader.canvas
    text, blocks = canvas.text, canvas.blocks
    if not reader.slides:
        raise EmptyFile(f"{source} has no slides; nothing to index")
    if not blocks:
        slides = f"{reader.slides} slide" + "s" * (reader.slides != 1)
        raise NoText(f"{source} has {slides} but no text; run OCR on its pictures and sync again")
    heading = next((text[block.start : block.end] for block in blocks if block.kind == "heading"), None)
    return [
        Document(
            id=document_id(source),
            text=text,
            title=facts.title or (" ".join(heading.split()) if heading else None) or title_from(source),
            source=source,
            author=facts.author,
            date=facts.date,
            pages=canvas.pages,
            blocks=blocks,
            metadata=facts.metadata,
        )
    ]


class _Presentation:
    """A presentation on its way to a canvas."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._places = Placeholders(package)
        self.canvas = PagedCanvas(source=package.source)
        self.slides = 0

    def draw(self) -> None:
        """Put every slide on the canvas."""
        for part in self._parts():
            self.slides += 1
            if self.slides > MAX_SLIDES:
                raise ReadError(f"{self._package.source} has more than {MAX_SLIDES:,} slides, the limit; split it")
            root = self._package.tree(part)
            hidden = root is not None and root.get("show") in ("0", "false")
            self.canvas.turn(f"slide {self.slides}" + " (hidden)" * hidden)
            self._draw_tree(part, child(root, "cSld", "spTree"))
            for notes in self._package.related(part, "notesSlide"):
                self._draw_notes(notes)

    def _parts(self) -> Iterator[str]:
        """The slides' parts in the order in which they are shown."""
        main = self._package.main(default="ppt/presentation.xml")
        root = self._package.tree(main)
        if root is None:
            raise ReadError(f"{self._package.source} holds no presentation; it is damaged, save it again")
        relations = self._package.relations(main)
        for each in children(root, "sldIdLst"):
            if (relation := relations.get(relation_id(each))) is not None:
                yield relation.target

    def _draw_tree(self, part: str, tree: etree._Element | None) -> None:
        for shape in shapes_of(tree, self._places.above(part)):
            self._draw_shape(part, shape)

    def _draw_shape(self, part: str, shape: Shape) -> None:
        kind = local(shape.element)
        if kind == "grpSp":
            for inner in shapes_of(shape.element, {}):
                self._draw_shape(part, inner)
        elif kind == "graphicFrame":
            self._draw_frame(part, shape.element)
        elif (body := child(shape.element, "txBody")) is not None:
            if shape.is_title:
                self._draw_title(body)
            else:
                self._draw_body(body, bullets=shape.has_bullets, furniture=shape.is_edge)

    def _draw_title(self, body: etree._Element) -> None:
        title = " ".join(" ".join(paragraph.text for paragraph in paragraphs(body)).split())
        if len(title) <= _LONGEST_TITLE:
            self.canvas.add(title, "heading", level=1)
        else:
            self.canvas.add(title)

    def _draw_body(self, body: etree._Element, *, bullets: bool, furniture: bool = False, label: str = "") -> None:
        """Put the paragraphs of a text body on the canvas, numbered items with the number that is shown."""
        listed = list(paragraphs(body))
        counters: dict[int, int] = {}
        for paragraph in listed:
            kind: BlockKind = "paragraph"
            text = paragraph.text
            counters = {level: count for level, count in counters.items() if level <= paragraph.level}
            if paragraph.bullet:
                count = counters.get(paragraph.level, paragraph.start - 1) + 1
                counters[paragraph.level] = count
                text = f"{slide_numeral(count, paragraph.bullet)} {text}"
            else:
                counters.pop(paragraph.level, None)
            # A lone paragraph among bullets is a text, whatever its layout wants.
            if paragraph.bullet is not None or (bullets and not paragraph.plain and len(listed) > 1):
                kind = "item"
            self.canvas.add(text, "furniture" if furniture else kind, label=label)

    def _draw_frame(self, part: str, frame: etree._Element) -> None:
        """Put a table, chart or diagram on the canvas."""
        holder = child(frame, "graphic", "graphicData")
        for data in alternatives(holder) if holder is not None else ():
            match local(data):
                case "tbl":
                    self._draw_table(data)
                case "chart":
                    draw_related(self._package, part, relation_id(data), self.canvas)
                case "relIds":
                    draw_related(self._package, part, relation_id(data, "dm"), self.canvas)
                case _:
                    pass

    def _draw_table(self, table: etree._Element) -> None:
        """Put a table on the canvas; a cell over several rows stands in each."""
        writer = RowWriter(self.canvas)
        columns = len(children(table, "tblGrid"))
        above: dict[int, str] = {}
        rows = [row for row in table if local(row) == "tr"]
        for number, row in enumerate(rows, start=1):
            cells: list[tuple[int, str]] = []
            spans: list[tuple[int, int]] = []
            for column, cell in enumerate((cell for cell in row if local(cell) == "tc"), start=1):
                body = child(cell, "txBody")
                text = " ".join(" ".join(each.text for each in paragraphs(body)).split()) if body is not None else ""
                if cell.get("vMerge") in ("1", "true"):
                    text = above.get(column, "")
                elif cell.get("hMerge") in ("1", "true"):
                    text = ""
                above[column] = text
                if text:
                    cells.append((column, text))
                if (width := cell.get("gridSpan", "1")).isdigit() and 1 < int(width[:5]) <= columns:
                    spans.append((column, column + int(width) - 1))
            # Every new table sets its first row off, whether or not it is a header: a hint like bold print.
            off = number == 1 and attribute(child(table, "tblPr"), "firstRow") in ("1", "true")
            writer.add(Row(number, tuple(cells), f"table row {number}", tuple(spans), bold=off))
        writer.finish()

    def _draw_notes(self, part: str) -> None:
        """Put the speaker's notes on the canvas, under a heading of their own."""
        tree = child(self._package.tree(part), "cSld", "spTree")
        bodies = [
            body
            for shape in shapes_of(tree, self._places.above(part))
            if shape.role == "body" and (body := child(shape.element, "txBody")) is not None
        ]
        if any(True for body in bodies for _ in paragraphs(body)):
            self.canvas.add("Notes", "heading", level=2, label="notes")
            for body in bodies:
                self._draw_body(body, bullets=False, label="notes")
