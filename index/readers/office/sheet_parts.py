"""What the cells of a workbook refer to: shared texts, number formats, and what the file says of rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from index.readers.office.number_formats import Shown, builtin_code, general, shown_by
from index.readers.office.package import MAX_STREAM, Package, attribute, child, children, discard, local
from index.readers.office.runs import raised
from index.readers.text import clean

_MARK = re.compile(
    rb"<(?:\w+:)?(mergeCell|autoFilter)\s[^<>]{0,200}?\bref=[\"']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})[\"']"
)
_MARK_LENGTH = 300  # bytes that an element to be found may have in the piece before
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Range:
    """A rectangle of cells, first and last inclusive, counted from 1."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What a sheet says of its rows: merged cells by their first row, and rows that are headers."""

    merged: dict[int, list[Range]] = field(default_factory=dict)
    headers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """How the cells of one style show numbers, and whether in bold."""

    shown: Shown = general
    bold: bool = False


def shared_texts(package: Package, name: str | None) -> list[str]:
    """The texts that cells refer to by number."""
    texts: list[str] = []
    if name is not None and name in package:
        for _, item in package.stream(name, "si"):
            texts.append(cell_text(item))
            discard(item)
    return texts


def cell_text(item: etree._Element) -> str:
    """The text of a cell or shared item on one line: its runs, without the reading aids of East Asian scripts."""
    text = ""
    if len(item) == 1 and local(item[0]) == "t":
        return one_line(item[0].text or "")
    for part in item:
        kind = local(part)
        if kind == "t":
            text += part.text or ""
        elif kind == "r":
            run = child(part, "t")
            words = (run.text or "") if run is not None else ""
            above = attribute(child(part, "rPr", "vertAlign"), "val") == "superscript"
            text += raised(words) if above else words
    return one_line(text)


def one_line(text: str) -> str:
    """Text without line breaks, and with the characters that spreadsheets write as _x000D_.

    >>> one_line("thin_x000D_\\n soup")
    'thin soup'
    """
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return " ".join(clean(text).split())


def looks(package: Package, name: str | None, *, since_1904: bool) -> dict[str, Look]:
    """The look of every cell style, by its number as cells write it."""
    root = package.tree(name) if name is not None else None
    if root is None:
        return {}
    codes = {
        attribute(element, "numFmtId") or "": attribute(element, "formatCode") or ""
        for element in children(root, "numFmts")
    }
    bold = [
        (weight := child(font, "b")) is not None and attribute(weight, "val") not in ("0", "false")
        for font in children(root, "fonts")
    ]
    made: dict[str, Shown] = {}
    found: dict[str, Look] = {}
    for place, style in enumerate(children(root, "cellXfs")):
        number = attribute(style, "numFmtId") or "0"
        code = codes[number] if number in codes else builtin_code(_int(number))
        if code not in made:
            made[code] = shown_by(code, since_1904=since_1904)
        font = _int(attribute(style, "fontId") or "0")
        found[str(place)] = Look(made[code], font < len(bold) and bold[font])
    return found


def marks_of(package: Package, name: str) -> Marks:
    """The merged cells and headers of a sheet, which stand behind its rows."""
    merged: set[Range] = set()
    tables: list[Range] = []
    tail = b""
    for piece in package.pieces(name, limit=MAX_STREAM):
        window = tail + piece
        for match in _MARK.finditer(window):
            if (found := range_of(match[2].decode())) is None:
                continue
            if match[1] == b"mergeCell":
                merged.add(found)
            elif found not in tables:
                tables.append(found)
        tail = window[-_MARK_LENGTH:]
    for part in package.related(name, "table"):
        root = package.tree(part)
        if root is not None and root.get("headerRowCount") != "0" and (found := range_of(root.get("ref", ""))):
            tables.append(found)
    by_row: dict[int, list[Range]] = {}
    for each in merged:
        by_row.setdefault(each.top, []).append(each)
    return Marks(by_row, frozenset(_headers(tables)))


def range_of(reference: str) -> Range | None:
    """The rectangle that a reference means.

    >>> range_of("A3:AB14")
    Range(top=3, left=1, bottom=14, right=28)
    """
    match = _RANGE.fullmatch(reference)
    return Range(int(match[2]), column_of(match[1]), int(match[4]), column_of(match[3])) if match else None


@lru_cache(maxsize=20_000)
def column_of(letters: str) -> int:
    """The number of a column, from 1; 0 for what is none.

    >>> column_of("A"), column_of("XFD"), column_of("")
    (1, 16384, 0)
    """
    if not re.fullmatch("[A-Z]{1,3}", letters):
        return 0
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _headers(tables: list[Range]) -> Iterator[int]:
    """The first rows of tables that stand alone: side by side, one's header would name the other's columns."""
    for table in tables:
        beside = (other for other in tables if other != table)
        if not any(other.top <= table.bottom and table.top <= other.bottom for other in beside):
            yield table.top


def _int(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
