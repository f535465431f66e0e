"""Which row of a table names its columns, told by what stands below it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from index.readers.lines import ends_sentence

MAX_NAME = 200  # characters of a column's name that are repeated in every row; questions of surveys are long
_COVERED = 0.6  # share of the columns in use that a header names; a corner is often blank
_DISTINCT = 0.7  # share of names that differ; "Q1, Note, Q2, Note" is a header
_TYPED = 0.7  # share of values from which a column is one of values
_SAMPLE = 12  # rows below that are looked at
_FEW = 3  # rows below that two columns need, unless the second is called as columns are

_VALUE = re.compile(
    r"[-+−–(]?\s?(?:(?-i:[A-Z]{3})\s?|(?-i:[A-Z]{0,2})[$€£¥₹₽]\s?)?[-+]?\d[\d.,'’\s]*(?:e[-+]?\d+)?"
    r"\s?(?:%|‰|[$€£¥₹₽]|[^\W\d_]{1,3})?\)?"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?|\d{1,2}:\d{2}(?::\d{2})?|\d{4}-\d{2}"
    r"|true|false|yes|no|[-–—.*?]+|n\.?/?a\.?|null|none|nan|#[A-Z0-9/]+[!?]?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1[89]|20|21)\d\d|\d{4}-\d{2}(?:-\d{2})?")
_IDENTIFIER = re.compile(r"[a-z]+(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+|[A-Z]+(?:_[A-Z0-9]+)+")
_LISTED = re.compile(r"\d|@|://")
_COMMON = frozenset(
    "id no nr number name names title type kind class category group code key date day month year time start end from "
    "to first last firstname lastname surname city town place country state region address street email phone mail "
    "url link description comment comments note notes remark status value amount price cost total sum count quantity "
    "unit author publisher source text question answer term meaning definition department company product item role "
    "position gender age language owner version sex capital population word translation result datum ort stadt land "
    "straße strasse preis betrag menge art bezeichnung beschreibung telefon jahr monat nom prénom prenom ville pays "
    "prix adresse montant nombre année apellido ciudad país fecha precio nome cognome città paese data prezzo".split()
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its number, as the program that made it shows it, and its filled cells from left to right.

    Columns count from 1. `spans` are the first and last column of cells that cover several; `known` says that the
    file itself calls this row a header.
    """

    number: int
    cells: tuple[tuple[int, str], ...]
    label: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    bold: bool = False
    known: bool = False


def is_value(text: str) -> bool:
    """Whether a cell holds a number, date, yes or no, or a sign that there is none, rather than words.

    >>> [is_value(text) for text in ("4.50 €", "2024-05-12", "n/a", "(3%)", "Soup", "Room 7")]
    [True, True, True, True, False, False]
    """
    return len(text) <= 40 and _VALUE.fullmatch(text) is not None


def header_at(rows: Sequence[Row]) -> range | None:
    """The places of the rows that name the columns of those below them; None where none is sure to.

    A row taken for a header by mistake would put false names to values, so doubt means no.

    >>> soup = [(1, "Dish"), (2, "Cost")], [(1, "Broth"), (2, "4.50")], [(1, "Stew"), (2, "9")], [(1, "Tea"), (2, "1")]
    >>> header_at([Row(n, tuple(cells)) for n, cells in enumerate(soup)])
    range(0, 1)
    >>> header_at([Row(n, tuple(cells)) for n, cells in enumerate(soup[1:])]) is None
    True
    """
    place = next((place for place, row in enumerate(rows) if row.known), None)
    if place is not None:
        return range(place, _end_of_run(rows, place, lambda rows, place: rows[place].known))
    for place in range(len(rows) - 1):
        if _is_header(rows, place):
            return range(place, _end_of_run(rows, place, _is_header))
        if _is_data(rows[place], _below(rows, place)):
            break
    place = next((place for place, row in enumerate(rows) if len(row.cells) > 1), len(rows))
    below = _below(rows, place)
    if below and _may_name(rows[place], below, distinct=_DISTINCT) and _worded(rows[place], below):
        return range(place, place + 1)
    return None


def names_of(rows: Sequence[Row], header: range) -> dict[int, str]:
    """The names of the columns from the rows of a header, and from cells right above that span several columns.

    >>> group = Row(1, ((2, "2023"),), spans=((2, 3),))
    >>> names_of([group, Row(2, ((1, "Dish"), (2, "May"), (3, "June")))], range(1, 2))
    {1: 'Dish', 2: '2023 May', 3: '2023 June'}
    """
    last = dict(rows[header[-1]].cells)
    stack = []
    for place in range(max(0, header.start - 1), header.stop - 1):
        spread = _spread(rows[place], list(last))
        if rows[place].spans or (place >= header.start and len(spread) >= len(last)):
            stack.append(spread)
    stack.append(last)
    names = {}
    for column in sorted(set().union(*stack)):
        texts = dict.fromkeys(row[column] for row in stack if column in row)
        if name := short(" ".join(texts)):
            names[column] = name
    return names


def _spread(row: Row, columns: Sequence[int]) -> dict[int, str]:
    """The texts of a row by column, each over all the columns it spans; a title over the whole table is no name."""
    texts = dict(row.cells)
    for first, end in row.spans:
        if first in texts and (first > min(columns) or end < max(columns)):
            texts.update(dict.fromkeys(range(first, end + 1), texts[first]))
        else:
            texts.pop(first, None)
    return texts


def value_columns(rows: Sequence[Row]) -> frozenset[int]:
    """The columns that hold values rather than words."""
    return frozenset(column for column, texts in _columns(rows).items() if _share(texts) >= _TYPED)


def short(name: str) -> str:
    """A column's name as it is repeated: without a colon behind it, and cut at a word where it is very long."""
    name = name.rstrip(": ")
    return name if len(name) <= MAX_NAME else name[:MAX_NAME].rpartition(" ")[0][:MAX_NAME].rstrip() + "…"


def _below(rows: Sequence[Row], place: int) -> Sequence[Row]:
    return rows[place + 1 : place + 1 + _SAMPLE]


def _end_of_run(rows: Sequence[Row], place: int, fits: Callable[[Sequence[Row], int], bool]) -> int:
    """The place behind the last of the rows from `place` on that fit."""
    end = place + 1
    while end < len(rows) - 1 and fits(rows, end):
        end += 1
    return end


def _is_header(rows: Sequence[Row], place: int) -> bool:
    row, below = rows[place], _below(rows, place)
    # Under "2023" and "2024", each over two columns, the same names stand twice.
    grouped = place > 0 and rows[place - 1].spans
    return _may_name(row, below, distinct=0 if grouped else _DISTINCT) and (
        _typed(row, below) or _stands_out(row, below)
    )


def _is_data(row: Row, below: Sequence[Row]) -> bool:
    """Whether a row with values is as wide as those below it: what is headed must have its header above."""
    width = sorted(len(other.cells) for other in below)[len(below) // 2]
    values = any(_is_number(text) and not _YEAR.fullmatch(text) for _, text in row.cells)
    return values and len(row.cells) > 1 and len(row.cells) >= _COVERED * width


def _may_name(row: Row, below: Sequence[Row], *, distinct: float) -> bool:
    """Whether the cells of a row could be names: words, years or months, different enough, over most columns."""
    texts = [text for _, text in row.cells]
    if len(texts) < 2 or len({text.casefold() for text in texts}) < distinct * len(texts):
        return False
    for text in texts:
        # "No" and "-" are values below a name, and may be names themselves.
        if not any(map(str.isalnum, text)) or (_is_number(text) and not _YEAR.fullmatch(text)):
            return False
        if len(text) > 2 * MAX_NAME or (ends_sentence(text) and len(text.split()) > 6 and not text.endswith("?")):
            return False
    if texts[0].endswith(":") and len(texts) == 2:
        return False  # "Name: | Ann Lee" is a form
    used = {column for column, cells in _columns(below).items() if 2 * len(cells) >= len(below)}
    named = {column for column, _ in row.cells}
    return len(used & named) >= max(2, _COVERED * len(used))


def _typed(row: Row, below: Sequence[Row]) -> bool:
    """Whether words (or years) stand over columns of values."""
    columns = _columns(below)
    contrasts = []
    for column, name in row.cells:
        texts = columns.get(column, ())
        if texts and _share(texts) >= _TYPED:
            if _is_number(name) and all(_YEAR.fullmatch(text) for text in texts):
                return False
            if _is_number(name) or not is_value(name):
                contrasts.append(name)
        elif texts and _is_number(name):
            return False
    if len(row.cells) == 2 and len(contrasts) == 1:
        # "Staff | 30" under "Firm | Acme" is a form, which looks like a table.
        return not _is_form(below) and (len(below) >= _FEW or _is_common(contrasts[0]))
    return bool(contrasts)


def _is_form(rows: Sequence[Row]) -> bool:
    """Whether the second of two columns mixes kinds of values, as a form does: a date, a sum, a name."""
    second = [row.cells[1][1] for row in rows if len(row.cells) == 2]
    kinds = {"date" if _YEAR.fullmatch(text) else "value" if is_value(text) else "words" for text in second}
    return len(kinds) > 1


def _stands_out(row: Row, below: Sequence[Row]) -> bool:
    """Whether a row is set in bold and those below it are not."""
    if not row.bold or any(other.bold for other in below[:_FEW]):
        return False
    return len(row.cells) > 2 or (len(below) >= _FEW and not _is_form(below))


def _worded(row: Row, below: Sequence[Row]) -> bool:
    """Whether words over nothing but words look like names: as columns are called, or unlike everything below."""
    votes = 0
    columns = _columns(below)
    for column, name in row.cells:
        texts = columns.get(column, [])
        lower = name.casefold()
        if any(text.casefold() == lower for text in texts):
            return False
        votes += _is_common(name)
        if len(texts) >= _FEW and not _LISTED.search(name):
            votes += all(_LISTED.search(text) for text in texts) or 2 * len(set(texts)) <= len(texts)
            votes += sum(map(len, texts)) >= 4 * len(name) * len(texts)
    return 2 * votes >= len(row.cells)


def _is_number(text: str) -> bool:
    return is_value(text) and any(map(str.isdigit, text))


def _is_common(name: str) -> bool:
    """Whether columns are commonly called so, or a program made up the name."""
    words = re.findall(r"\w+", name.casefold())
    return _IDENTIFIER.fullmatch(name) is not None or (len(words) <= 3 and not _COMMON.isdisjoint(words))


def _columns(rows: Sequence[Row]) -> Mapping[int, list[str]]:
    columns: dict[int, list[str]] = {}
    for row in rows:
        for column, text in row.cells:
            columns.setdefault(column, []).append(text)
    return columns


def _share(texts: Sequence[str]) -> float:
    return sum(map(is_value, texts)) / len(texts)
