"""Jupyter notebooks: their text, code and printed output, cell by cell."""

from pathlib import PurePosixPath

from index.errors import EmptyFile
from index.readers.builder import Canvas, document_id
from index.readers.data.json_draw import Fields, Value
from index.readers.markup.markdown import render
from index.readers.text import clean
from index.schema import Document


def is_notebook(value: Value) -> bool:
    """Whether a value is a notebook, of format 3 (whose cells stand in sheets) or later."""
    if not isinstance(value, Fields):
        return False
    return value.get("nbformat") is not None and isinstance(value.get("cells", "worksheets"), list)


def read_notebook(notebook: Fields, *, source: str) -> Document:
    """A notebook as a document; its blocks are labelled with their cells, counted from 1. Raises EmptyFile."""
    canvas = Canvas()
    for number, cell in enumerate(_cells(notebook), start=1):
        label = f"cell {number}"
        text = _joined(cell.get("source", "input"))
        if cell.get("cell_type") == "markdown":
            canvas.extend(*render(text), label=label)
        else:
            canvas.add(text, "row", label=label, verbatim=True)
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            if isinstance(output, Fields):
                canvas.add(_printed(output), "row", label=f"{label}, output", verbatim=True)
    if not canvas.blocks:
        raise EmptyFile(f"{source} is a notebook without text; nothing to index")
    headings = (canvas.text[block.start : block.end] for block in canvas.blocks if block.kind == "heading")
    name = PurePosixPath(source).name.encode(errors="replace").decode()
    title = " ".join(next(headings, "").split()) or " ".join(name.split()) or "Untitled"
    return Document(document_id(source), canvas.text, title, source, blocks=canvas.blocks)


def _cells(notebook: Fields) -> list[Fields]:
    found = notebook.get("cells")
    if found is None:
        sheets = notebook.get("worksheets")
        sheet = sheets[0] if isinstance(sheets, list) and sheets else None
        found = sheet.get("cells") if isinstance(sheet, Fields) else None
    return [cell for cell in found if isinstance(cell, Fields)] if isinstance(found, list) else []


def _printed(output: Fields) -> str:
    """What an output shows as text: what was printed, or a result that is no more than text."""
    data = output.get("data")
    return _joined(output.get("text")) or (_joined(data.get("text/plain")) if isinstance(data, Fields) else "")


def _joined(value: Value) -> str:
    """Text that is written as one string or as a list of lines."""
    lines = value if isinstance(value, list) else [value]
    return clean("".join(line for line in lines if isinstance(line, str)))
