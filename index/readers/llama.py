"""Formats that LlamaIndex reads and Citeback does not: old Excel workbooks. Needs the extra "readers"."""

import importlib
from io import BytesIO
from typing import Any

from index.errors import EmptyFile, UnsupportedFormat
from index.readers.builder import document_id, title_from
from index.readers.paged import PagedCanvas
from index.readers.text import clean
from index.schema import Document

_INSTALL = "pip install 'citeback[readers]'"


def read_xls(data: bytes, *, source: str) -> list[Document]:
    """The one document in an old Excel workbook, a row for each of a sheet's, as LlamaIndex's reader writes it.

    Raises UnsupportedFormat where the extra is not installed, EmptyFile for a workbook without values.
    """
    reader = _reader("PandasExcelReader", source, pandas_config={"dtype": str})
    canvas = PagedCanvas(source=source)
    for number, sheet in enumerate(reader.load_data("workbook.xls", fs=_OneFile(data)), start=1):
        canvas.turn(f"sheet {number}")
        for line in sheet.text.split("\n"):
            canvas.add(clean(line), "row")
    if not canvas.blocks:
        raise EmptyFile(f"{source} shows no values; nothing to index")
    return [
        Document(document_id(source), canvas.text, title_from(source), source, pages=canvas.pages, blocks=canvas.blocks)
    ]


class _OneFile:
    """A file system with one file, in memory: a reader may write none."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def open(self, *_: object, **__: object) -> BytesIO:
        """The file, whatever name is asked for."""
        return BytesIO(self._data)


def _reader(name: str, source: str, **options: Any) -> Any:
    """One of LlamaIndex's readers. Raises UnsupportedFormat with what to install."""
    try:
        module = importlib.import_module("llama_index.readers.file")
        importlib.import_module("xlrd")
        return getattr(module, name)(**options)
    except ImportError as error:
        raise UnsupportedFormat(
            f"{source} is an old Excel workbook (XLS), which needs {error.name}; save it as XLSX, or {_INSTALL}"
        ) from error
