"""The table view of a source: its rows in columns, the quoted ones marked."""

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from index import Block, Document, Span

from .render import element

# Rows shown before and after the place that is read.
REACH = 200
_BETWEEN, _NAMED = " | ", ": "


def is_table(document: Document) -> bool:
    """Whether most of a document's blocks are rows."""
    rows = sum(block.kind == "row" for block in document.blocks)
    return rows > 1 and 2 * rows > len(document.blocks)


def table_markup(document: Document, place: Span) -> Markup:
    """The rows around a place, one table for each run of rows with the same columns; `place` is marked."""
    rows = [block for block in document.blocks if block.kind == "row"]
    nearest = next((n for n, row in enumerate(rows) if row.end > place.start), len(rows) - 1)
    shown = rows[max(0, nearest - REACH) : nearest + REACH]
    runs = [(columns, list(run)) for columns, run in groupby(shown, key=lambda row: _columns(_text(document, row)))]
    tables = [
        _table(document, columns, run, place)
        for (columns, run), after in zip(runs, [*runs[1:], ((), [])], strict=True)
        # A row that names the columns of those below is their head.
        if not (len(run) == 1 and tuple(_text(document, run[0]).split(_BETWEEN)) == after[0])
    ]
    return Markup("").join(tables)


def cells(text: str) -> list[tuple[str, str]]:
    """The cells of a row as (column, value); the column is empty where the row names none.

    >>> cells("Name: Ada | Said: a: b | so")
    [('Name', 'Ada'), ('Said', 'a: b'), ('', 'so')]
    """
    found = []
    for cell in text.split(_BETWEEN):
        column, named, value = cell.partition(_NAMED)
        found.append((column, value) if named else ("", cell))
    return found


def _columns(text: str) -> tuple[str, ...]:
    return tuple(column for column, _ in cells(text))


def _text(document: Document, row: Block) -> str:
    return document.text[row.start : row.end]


def _table(document: Document, columns: Sequence[str], rows: Sequence[Block], place: Span) -> Markup:
    head = [element("th", name, scope="col") for name in ("", *columns)]
    body = []
    for row in rows:
        marked = Span(row.start, row.end).overlaps(place) and place.start < place.end
        values = [
            element("td", element("mark", value) if marked else value) for _, value in cells(_text(document, row))
        ]
        number = element("th", row.label, scope="row")
        body.append(element("tr", number, *values, class_="cb-marked" if marked else None, data_at=row.start))
    return element(
        "table", element("thead", element("tr", *head)) if any(columns) else Markup(""), element("tbody", *body)
    )
