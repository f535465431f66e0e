"""JSON, lines of JSON and notebooks: numbers as they are written, objects as lines and rows, texts as documents."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.errors import EmptyFile, ReadError
from index.readers.builder import Canvas, document_id, title_from
from index.readers.data.json_documents import document_from, is_library
from index.readers.data.json_draw import Fields, Value, draw_entry, draw_value
from index.readers.data.notebook import is_notebook, read_notebook
from index.readers.plain.code import read_code
from index.readers.plain.document import read_plain
from index.readers.text import decode
from index.schema import Document

_NAMED = (".json", ".jsonl", ".ndjson", ".geojson", ".ipynb", ".jsonc", ".json5", ".webmanifest", ".har")
_LINED = (".jsonl", ".ndjson")
_SHOWN = re.compile(r"\S")
_LINE_END = re.compile(r"[ \t]*,?[ \t]*(?:\n|\Z)")
_MOST_BROKEN = 0.1  # share of lines that are no JSON above which a text is none


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and the number of its line or place in a list, from 1. A line that is no JSON is the value itself."""

    value: Value
    line: int


def read_json(data: bytes, *, source: str) -> list[Document]:
    """What a JSON file, or lines of JSON, hold.

    A list (or lines) of objects that each have prose and a title, an author, a date or the like gives one document for
    each, "corpus.jsonl/line 3": else a citation could not say whose words it quotes. Everything else is one document
    of lines, rows and paragraphs. What is no JSON after all is read as text. Raises ReadError for values nested too
    deeply, EmptyFile where there are none.

    >>> document = read_json(b'{"soup": {"price": 4.50, "price": 1e400}}', source="menu.json")[0]
    >>> document.text
    'soup.price: 4.50\\nsoup.price: 1e400'
    """
    text, notes = decode(data, source=source)
    try:
        entries = _entries(text)
    except RecursionError as error:
        if source.lower().endswith(_NAMED):
            raise ReadError(f"{source} nests values too deeply to be read as JSON; flatten it") from error
        entries = "nested too deeply"
    if isinstance(entries, str):
        if not source.lower().endswith(_NAMED):
            return read_plain(data, source=source)
        read = read_code(data, source=source)
        return [replace(document, metadata={**document.metadata, "no_json": entries}) for document in read]
    documents = _documents(entries, source, notes)
    if not documents:
        raise EmptyFile(f"{source} holds no values; nothing to index")
    return documents


def _entries(text: str) -> list[Entry] | str:
    """The values in `text`, which only line ends part; or what makes it no JSON. Raises RecursionError."""
    decoder = json.JSONDecoder(
        object_pairs_hook=Fields, parse_float=str, parse_int=str, parse_constant=str, strict=False
    )
    entries: list[Entry] = []
    broken = at = counted = 0
    line = 1
    while begin := _SHOWN.search(text, at):
        line += text.count("\n", counted, begin.start())
        counted = begin.start()
        ends = text.find("\n", counted)
        ends = len(text) if ends < 0 else ends
        try:
            value, at = decoder.raw_decode(text, counted)
            if not _LINE_END.match(text, at):
                raise json.JSONDecodeError("more behind the value", text, at)
            entries.append(Entry(value, line))
        except json.JSONDecodeError as error:
            broken += 1
            if broken > max(1, _MOST_BROKEN * line) or not entries:
                return f"{error.msg} in line {error.lineno}"
            entries.append(Entry(text[counted:ends], line))
            at = ends
    return entries


def _documents(entries: Sequence[Entry], source: str, notes: Mapping[str, str]) -> list[Document]:
    """The documents in the values of a file: those that are texts themselves, and one with all the rest."""
    whole = entries[0].value if len(entries) == 1 and not source.lower().endswith(_LINED) else None
    if isinstance(whole, Fields):
        if is_notebook(whole):
            return [read_notebook(whole, source=source)]
        if (alone := document_from(whole, source, notes)) is not None:
            return [alone]
    canvas = Canvas()
    documents: list[Document] = []
    if isinstance(whole, Fields):
        lists = [(f"{key[-80:]}, item", value) for key, value in whole if isinstance(value, list) and is_library(value)]
        draw_value(Fields((key, value) for key, value in whole if not is_library(value)), canvas)
    elif isinstance(whole, list):
        lists = [("item", whole)] if is_library(whole) else []
        draw_value([] if lists else whole, canvas)
    else:
        lists = []
        documents += _texts(entries, "line", source, notes, canvas)
    for place, values in lists:
        numbered = [Entry(value, number) for number, value in enumerate(values, start=1)]
        documents += _texts(numbered, place, source, notes, canvas)
    if canvas.blocks:
        title = title_from(source)
        documents.append(
            Document(document_id(source), canvas.text, title, source, blocks=canvas.blocks, metadata=dict(notes))
        )
    return documents


def _texts(
    entries: Sequence[Entry], place: str, source: str, notes: Mapping[str, str], canvas: Canvas
) -> list[Document]:
    """The values that are texts, where most of them are; the others go to the canvas."""
    documents = []
    library = is_library([entry.value for entry in entries])
    for entry in entries:
        label = f"{place} {entry.line}"
        document = document_from(entry.value, f"{source}/{label}", notes) if library else None
        if document is not None:
            documents.append(document)
        else:
            draw_entry(entry.value, canvas, name=label, label=label)
    return documents
