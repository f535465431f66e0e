"""How the rows of a table are written: every value with the name of its column, one block to a row."""

from collections.abc import Mapping

from index.readers.builder import Canvas
from index.readers.headers import Row, header_at, is_value, names_of, value_columns
from index.readers.lines import ends_sentence

_LOOKED_AT = 20  # rows at the top of a table among which its header is looked for
_LONG = 80  # characters from which a cell that stands alone in its row is a note
_FITTING = 0.5  # share of a column's cells that must be values where those above the gap were


def row_text(row: Row, names: Mapping[int, str], *, first: int = 1, letters: bool = False) -> str:
    """A row as it is quoted: each value with the name of its column; with `letters`, behind a gap, with its letter.

    >>> soup = Row(3, ((1, "Broth"), (2, "4.50"), (4, "thin")))
    >>> row_text(soup, {1: "Dish", 2: "Cost", 4: "Kind"}), row_text(soup, {}), row_text(soup, {}, letters=True)
    ('Dish: Broth | Cost: 4.50 | Kind: thin', 'Broth | 4.50 | thin', 'Broth | 4.50 | D: thin')
    """
    parts = []
    before = first - 1
    for column, text in row.cells:
        if name := names.get(column):
            parts.append(f"{name}: {text}")
        elif letters and column != before + 1:
            parts.append(f"{column_letter(column)}: {text}")
        else:
            parts.append(text)
        before = column
    return " | ".join(parts)


def column_letter(column: int) -> str:
    """What a spreadsheet calls a column.

    >>> column_letter(1), column_letter(26), column_letter(27), column_letter(16384)
    ('A', 'Z', 'AA', 'XFD')
    """
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class RowWriter:
    """Writes the rows of a sheet or table to a canvas as they come, and finds their headers.

    A gap in the row numbers begins a new table, which may have a header of its own; without one it goes on with the
    names above it if its columns look the same. What stands alone above a table, or apart from it, is a paragraph.

    >>> canvas = Canvas()
    >>> writer = RowWriter(canvas)
    >>> for number, cells in enumerate([["Menu"], ["Dish", "Cost"], ["Broth", "4"], ["Stew", "9"], ["Tea", "1"]], 1):
    ...     writer.add(Row(number, tuple(enumerate(cells, 1)), f"row {number}"))
    >>> writer.finish()
    >>> canvas.text.split("\\n\\n")
    ['Menu', 'Dish | Cost', 'Dish: Broth | Cost: 4', 'Dish: Stew | Cost: 9', 'Dish: Tea | Cost: 1']
    """

    def __init__(self, canvas: Canvas, *, letters: bool = False) -> None:
        self._canvas = canvas
        self._letters = letters
        self._names: dict[int, str] = {}
        self._values: frozenset[int] = frozenset()
        self._pending: list[Row] = []
        self._deciding = True
        self._first = 1
        self._last = 0

    def add(self, row: Row) -> None:
        """Take the next row; rows without cells are only gaps."""
        if not row.cells:
            return
        if row.number > self._last + 1 or (row.known and not self._deciding):
            self.finish()
        self._last = row.number
        if not self._deciding:
            self._write(row)
            return
        self._pending.append(row)
        if len(self._pending) >= _LOOKED_AT:
            self._decide()

    def finish(self) -> None:
        """Write what is held back; the next row begins a new table."""
        if self._pending:
            self._decide()
        self._deciding = True

    def _decide(self) -> None:
        rows, self._pending, self._deciding = self._pending, [], False
        header = header_at(rows)
        start = 0
        if header is not None:
            start = header.stop
            self._head(rows[: header.start], rows[header.start : start])
            self._names = names_of(rows, header)
            self._values = value_columns(rows[start:])
        elif all(len(row.cells) == 1 for row in rows) and not self._is_list(rows):
            for row in rows:
                self._canvas.add(row.cells[0][1], label=row.label)
            self._deciding = True
            return
        elif not self._fits(rows):
            self._names = {}
            start = next((place for place, row in enumerate(rows) if len(row.cells) > 1), 0)
            self._head(rows[:start], [])
        self._first = min(row.cells[0][0] for row in rows)
        for row in rows[start:]:
            self._write(row)

    def _head(self, above: list[Row], header: list[Row]) -> None:
        """Write what stands above a table, and its header."""
        for row in above:
            if len(row.cells) == 1:
                self._canvas.add(row.cells[0][1], label=row.label)
            else:
                self._canvas.add(row_text(row, {}), "row", label=row.label)
        for row in header:
            self._canvas.add(row_text(row, {}), "row", label=row.label)

    @staticmethod
    def _is_list(rows: list[Row]) -> bool:
        """Whether cells that stand alone in their rows are entries of a list or table, rather than notes."""
        texts = [row.cells[0][1] for row in rows]
        return len(rows) > 2 and not any(len(text) > _LONG or ends_sentence(text) for text in texts)

    def _fits(self, rows: list[Row]) -> bool:
        """Whether rows below a gap belong to the columns named above it."""
        for column in {column for row in rows for column, _ in row.cells}:
            if column not in self._names:
                return False
            if column in self._values:
                texts = [text for row in rows for other, text in row.cells if other == column]
                if sum(map(is_value, texts)) < _FITTING * len(texts):
                    return False
        return True

    def _write(self, row: Row) -> None:
        text = row_text(row, self._names, first=self._first, letters=self._letters)
        self._canvas.add(text, "row", label=row.label)
