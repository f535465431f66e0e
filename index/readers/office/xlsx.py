"""Excel workbooks: every row of every sheet with the names of its columns, numbers as they are shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from index.errors import EmptyFile, ReadError
from index.readers.builder import document_id, title_from
from index.readers.headers import Row
from index.readers.office.drawing import paragraphs, shown
from index.readers.office.facts import facts_of
from index.readers.office.package import Package, attribute, child, children, discard, local, opened, relation_id
from index.readers.office.sheet_parts import Look, Range, cell_text, column_of, looks, marks_of, one_line, shared_texts
from index.readers.paged import PagedCanvas
from index.readers.rows import RowWriter
from index.schema import Document

MAX_CELLS = 10_000_000  # filled; at 200,000 a second, a minute of work
# What programs call a first sheet that nobody named: the name says nothing.
_UNNAMED = re.compile(
    r"(?:sheet|tabelle|feuil|hoja|foglio|planilha|folha|blad|ark|arkusz|лист|シート|工作表|시트|sheet ?name)\s?1?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,7}")


def read_xlsx(data: bytes, *, source: str) -> list[Document]:
    """The one document in a workbook: a page to each sheet, a block to each row, in the order of the tabs.

    Hidden rows and sheets are read and labelled so: rows are mostly hidden by a filter that was left on, and whoever
    looks for them can show them. Formulas count as the values stored with them. Text boxes follow the rows; comments
    are left out. Raises EmptyFile where nothing is.
    """
    with opened(data, source=source) as package:
        facts = facts_of(package)
        reader = _Workbook(package)
        for sheet in reader.sheets:
            reader.draw(sheet)
    canvas = reader.canvas
    blocks = canvas.blocks
    if not blocks:
        raise EmptyFile(f"{source} holds no filled cell; nothing to index")
    formulas = {"formulas_without_value": str(reader.formulas)} if reader.formulas else {}
    return [
        Document(
            id=document_id(source),
            text=canvas.text,
            title=facts.title or title_from(source),
            source=source,
            author=facts.author,
            date=facts.date,
            pages=canvas.pages,
            blocks=blocks,
            metadata={**facts.metadata, **formulas},
        )
    ]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A tab: its name, the part with its cells ("" for a chart), and whether it is hidden."""

    name: str
    part: str
    hidden: bool


@dataclass(slots=True)
class _Merged:
    """The texts of merged cells, which stand in each row that their cell covers."""

    open: dict[int, tuple[int, str]] = field(default_factory=dict)  # column: last row, text

    def fill(self, number: int, cells: dict[int, str], ranges: list[Range]) -> None:
        """Add to the cells of a row what reaches down into it, and keep what reaches down from it."""
        for column, (last, text) in list(self.open.items()):
            if last < number:
                del self.open[column]
            elif cells:
                cells.setdefault(column, text)
        for each in ranges:
            if each.bottom > number and each.left in cells:
                self.open[each.left] = (each.bottom, cells[each.left])


class _Workbook:
    """A workbook on its way to a canvas."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self.canvas = PagedCanvas(source=package.source)
        self.formulas = 0  # whose value is not stored
        self._cells = 0
        main = package.main(default="xl/workbook.xml")
        book = package.tree(main)
        if book is None:
            raise ReadError(f"{package.source} holds no workbook; it is damaged, save it again")
        relations = package.relations(main)
        self.sheets: list[_Sheet] = []
        for tab in children(book, "sheets"):
            relation = relations.get(relation_id(tab))
            part = relation.target if relation is not None and relation.kind == "worksheet" else ""
            name = one_line(attribute(tab, "name") or "") or f"{len(self.sheets) + 1}"
            self.sheets.append(_Sheet(name, part, attribute(tab, "state") in ("hidden", "veryHidden")))
        since_1904 = attribute(child(book, "workbookPr"), "date1904") in ("1", "true")
        by_kind = {relation.kind: relation.target for relation in relations.values()}
        self._looks = looks(package, by_kind.get("styles"), since_1904=since_1904)
        self._texts = shared_texts(package, by_kind.get("sharedStrings"))

    def draw(self, sheet: _Sheet) -> None:
        """Put a sheet below the others, under its name if somebody gave it one."""
        self.canvas.turn(f"sheet {sheet.name}" + " (hidden)" * sheet.hidden)
        if sheet.part not in self._package:
            return
        writer = RowWriter(self.canvas, letters=True)
        named = len(self.sheets) > 1 or not _UNNAMED.fullmatch(sheet.name)
        for row in self._rows(sheet.part):
            if named:
                self.canvas.add(sheet.name, "heading", level=1)
                named = False
            writer.add(row)
        writer.finish()
        for drawing in self._package.related(sheet.part, "drawing"):
            root = self._package.tree(drawing)
            bodies = (element for element in shown(root) if local(element) == "txBody") if root is not None else ()
            for body in bodies:
                for paragraph in paragraphs(body):
                    self.canvas.add(paragraph.text, label="text box")

    def _rows(self, part: str) -> Iterator[Row]:
        """The rows of a sheet that hold something."""
        marks = marks_of(self._package, part)
        merged = _Merged()
        number = 0
        for _, element in self._package.stream(part, "row"):
            given = element.get("r", "")
            number = int(given) if _NUMBER.fullmatch(given) else number + 1
            cells, bold = self._filled(element)
            hidden = element.get("hidden") in ("1", "true")
            discard(element)
            ranges = marks.merged.get(number, [])
            if ranges or merged.open:
                merged.fill(number, cells, ranges)
            if cells:
                yield Row(
                    number,
                    tuple(sorted(cells.items())),
                    f"row {number} (hidden)" if hidden else f"row {number}",
                    tuple((each.left, each.right) for each in ranges if each.right > each.left),
                    bold,
                    number in marks.headers,
                )

    def _filled(self, row: etree._Element) -> tuple[dict[int, str], bool]:
        """The filled cells of a row by column, and whether all of them are set in bold."""
        space = row.tag[: -len("row")]
        value, inline = f"{space}v", f"{space}is"
        looks, column = self._looks, 0
        cells: dict[int, str] = {}
        bold = True
        for cell in row:
            reference = cell.get("r")
            column = (column_of(reference.rstrip("0123456789")) if reference else 0) or column + 1
            if not len(cell):
                continue
            # Millions of cells have nothing but a value: the few others take the longer way.
            last = cell[-1]
            look = looks.get(cell.get("s", "0"), _PLAIN)
            if last.tag == value:
                text = self._shown(cell, last.text, look)
            else:
                text = cell_text(last) if last.tag == inline else self._unusual(cell)
            if text:
                cells[column] = text
                bold = bold and look.bold
        self._cells += len(cells)
        if self._cells > MAX_CELLS:
            raise ReadError(f"{self._package.source} has more than {MAX_CELLS:,} filled cells, the limit; split it")
        return cells, bold and bool(cells)

    def _shown(self, cell: etree._Element, raw: str | None, look: Look) -> str:
        """What a cell with a stored value shows."""
        kind = cell.get("t", "n")
        if raw is None:
            self.formulas += len(cell) > 1
            return ""
        if kind == "n":
            text = look.shown(raw)
            return text if text.isprintable() else one_line(text)
        if kind == "s":
            place = int(raw) if _NUMBER.fullmatch(raw) else -1
            return self._texts[place] if 0 <= place < len(self._texts) else ""
        if kind == "b":
            return "TRUE" if raw.strip() in ("1", "true") else "FALSE"
        if kind == "d":
            return one_line(raw).removesuffix("Z").removesuffix("T00:00:00").replace("T", " ")
        return one_line(raw)

    def _unusual(self, cell: etree._Element) -> str:
        """What a cell shows that holds a text of its own, or a formula that nobody has computed."""
        parts = {local(part): part for part in cell}
        if "is" in parts:
            return cell_text(parts["is"])
        if "v" in parts:
            return self._shown(cell, parts["v"].text, self._looks.get(cell.get("s", "0"), _PLAIN))
        self.formulas += "f" in parts
        return ""


_PLAIN = Look()
