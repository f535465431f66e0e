"""Formats that Citeback does not read and one of LlamaIndex's readers does, given to it where it is installed."""

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PosixPath
from typing import Any

from index.errors import EmptyFile, UnsupportedFormat
from index.readers.builder import document_id, title_from
from index.readers.headers import Row
from index.readers.paged import PagedCanvas
from index.readers.rows import RowWriter
from index.readers.signatures import ThroughLlama
from index.readers.text import clean
from index.schema import Document

_PACKAGE = "llama_index.readers.file"
_INSTALL = "pip install 'citeback[readers]'"
_CELL, _VALUE = "\x1f", "\x1e"  # before a cell, and between its column and its value: nobody types these
_ROW = re.compile(f"(?:\\A|\n)0{_VALUE}")
# Tables, notes and the like stand in a Hangul paragraph as eight characters: a code, what it is for, the code again.
_CONTROL = re.compile("([\x01-\x09\x0b\x0c\x0e-\x17]).{6}\\1", re.DOTALL)
_HANGUL_SIGNS = {0x18: "-", 0x1E: " ", 0x1F: " "}  # a hyphen, and spaces of a width of their own


@dataclass(frozen=True, slots=True)
class _Way:
    """How a format is read: the reader, the modules it needs, and how the text of its documents is written down."""

    looks: str
    instead: str  # what to do about a file where the reader is not installed
    reader: str
    needs: tuple[str, ...]
    write: Callable[[PagedCanvas, str], None]
    part: str = ""  # what one of the reader's documents is in the file; "" where they are one text
    by_file_system: bool = False  # opens the path in a file system it is given; other readers open the path itself
    options: Mapping[str, Any] = field(default_factory=dict)


def read_through_llama(data: bytes, *, source: str, form: ThroughLlama) -> list[Document]:
    """The one document in a file, as one of LlamaIndex's readers gives it: each of its documents is a part of the text.

    Raises UnsupportedFormat where the extra is not installed, EmptyFile where nothing is shown.
    """
    way = _WAYS[form]
    canvas = PagedCanvas(source=source)
    for number, part in enumerate(_loaded(way, data, source), start=1):
        if way.part:
            canvas.turn(f"{way.part} {number}")
        way.write(canvas, part.text)
    if not canvas.blocks:
        raise EmptyFile(f"{source} shows no text; nothing to index")
    pages = canvas.pages if way.part else ()
    return [Document(document_id(source), canvas.text, title_from(source), source, pages=pages, blocks=canvas.blocks)]


def _loaded(way: _Way, data: bytes, source: str) -> Sequence[Any]:
    """What the reader makes of the data. Raises UnsupportedFormat with what to install."""
    try:
        for name in way.needs:
            importlib.import_module(name)
        reader = getattr(importlib.import_module(_PACKAGE), way.reader)
    except ImportError as error:
        missing = error.name or way.reader
        raise UnsupportedFormat(
            f"{source} is {way.looks}, which needs {missing}; {way.instead}, or {_INSTALL}"
        ) from error
    place = {"fs": _OneFile(data)} if way.by_file_system else {}
    documents: Sequence[Any] = reader(**way.options).load_data(_held(data), **place)
    return documents


class _Held(PosixPath):
    """A path that is its own open file: readers ask for a path, and the process that parses may write none.

    What is parsed are so the very bytes that were hashed, and a member of an archive is read like a file.
    """

    def __fspath__(self) -> str:
        raise TypeError("the reader wants a file on disk")  # or it would open whatever has this name


def _held(data: bytes) -> _Held:
    stream = BytesIO(data)
    held = _Held("data")
    # Python 3.12 changed how subclasses of a path are made; attributes work with either.
    vars(held).update(read=stream.read, seek=stream.seek, tell=stream.tell, closed=False)
    return held


class _OneFile:
    """A file system with one file, in memory, for readers that ask for one."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def open(self, *_: object, **__: object) -> BytesIO:
        """The file, whatever name is asked for."""
        return BytesIO(self._data)


def _write_rows(canvas: PagedCanvas, text: str) -> None:
    """Write a sheet, the cells of which are parted by `_CELL` and each begun by its column and `_VALUE`."""
    writer = RowWriter(canvas, letters=True)
    for number, row in enumerate(_ROW.split(text)[1:], start=1):
        first, *others = row.split(_CELL)
        values = (first, *(cell.partition(_VALUE)[2] for cell in others))
        # pandas gives every date a time.
        shown = (" ".join(clean(value).split()).removesuffix(" 00:00:00") for value in values)
        cells = tuple((column, value) for column, value in enumerate(shown, start=1) if value)
        writer.add(Row(number, cells, f"row {number}"))
    writer.finish()


def _write_hangul(canvas: PagedCanvas, text: str) -> None:
    """Write the paragraphs of a Hangul document, without the controls that the reader leaves in them."""
    text = _CONTROL.sub(lambda match: "\t" if match[1] == "\t" else "", text).translate(_HANGUL_SIGNS)
    for paragraph in text.split("\r\n"):
        canvas.add(clean(paragraph))


_WAYS: Mapping[ThroughLlama, _Way] = {
    "XLS": _Way(
        looks="an old Excel workbook (XLS)",
        instead="save it as XLSX",
        reader="PandasExcelReader",
        needs=("xlrd", "openpyxl"),  # the latter is asked for whatever the workbook
        write=_write_rows,
        part="sheet",
        by_file_system=True,
        options={
            "field_separator": _CELL,
            "key_value_separator": _VALUE,
            # Or the first row would be lost where it is the only one, and so would cells that say "NA".
            "pandas_config": {"header": None, "dtype": str, "keep_default_na": False, "na_filter": False},
        },
    ),
    "HWP": _Way(
        looks="a Hangul document (HWP)",
        instead="save it as DOCX or PDF",
        reader="HWPReader",
        needs=("olefile",),
        write=_write_hangul,
    ),
}
