"""Values of JSON drawn as text that can be quoted: lines of path and value, rows, and paragraphs of prose."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from index.readers.builder import Canvas
from index.readers.text import clean
from index.sentences import sentence_spans

_LONG = 200  # characters from which a string is prose
_BLOCK = 500  # characters of lines or values in one block
_ROW = 1500  # characters up to which an object is one row
_DEEPEST_HEADING = 6
_MAY_END = re.compile(r"[.!?…][^\w\s]*\s|[。！？｡]")  # most values are no sentences, and telling sentences takes time


class Fields:
    """An object's keys and values in order; a key may come twice."""

    __slots__ = ("_pairs", "_telling")

    def __init__(self, pairs: Iterable[tuple[str, "Value"]] = ()) -> None:
        self._pairs = tuple((clean(key).replace("\n", " "), value) for key, value in pairs)
        self._telling: dict[str, Value] | None = None

    def __iter__(self) -> Iterator[tuple[str, "Value"]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def get(self, *keys: str) -> "Value":
        """The first value that says something under one of `keys` (lower case), in their order; else None."""
        if self._telling is None:
            self._telling = {}
            for key, value in self._pairs:
                if value is not None and value != "" and value != []:
                    self._telling.setdefault(key.lower(), value)
        return next((self._telling[key] for key in keys if key in self._telling), None)


Value: TypeAlias = str | bool | list["Value"] | Fields | None


def draw_value(value: Value, canvas: Canvas, *, path: str = "", label: str = "", level: int = 1) -> None:
    """Put a value on the canvas, every number and string of it as it is written.

    >>> canvas = Canvas()
    >>> draw_value(Fields([("name", "Ann"), ("ports", ["80", "443"]), ("at", Fields([("city", "Rome")]))]), canvas)
    >>> canvas.text
    'name: Ann\\nports: 80, 443\\n\\nat.city: Rome'
    """
    if isinstance(value, Fields):
        _draw_object(value, canvas, path, label, level)
    elif isinstance(value, list):
        _draw_list(value, canvas, path, label, level)
    else:
        draw_prose(shown(value), canvas, label=label)


def draw_prose(text: str, canvas: Canvas, *, label: str = "") -> None:
    """Put a string on the canvas as paragraphs, which blank lines part."""
    for paragraph in clean(text).split("\n\n"):
        canvas.add(paragraph, label=label)


def draw_entry(value: Value, canvas: Canvas, *, name: str, label: str, level: int = 1) -> None:
    """Put one entry of a list on the canvas: a row where it fits in one, else a heading and what stands below it."""
    lines = _flat("", value)
    row = " | ".join(f"{path}: {text}" if path else text for path, text in lines or ())
    if lines is not None and len(row) <= _ROW:
        canvas.add(clean(row), "row", label=label)
        return
    title = value.get("title", "headline", "name", "label", "id", "key") if isinstance(value, Fields) else None
    heading = title if isinstance(title, str) and not is_prose(title) else name
    if not isinstance(value, str):
        canvas.add(clean(heading).replace("\n", " "), "heading", level=min(level, _DEEPEST_HEADING), label=label)
    draw_value(value, canvas, label=label, level=level + 1)


def is_prose(text: str) -> bool:
    """Whether a string is text to read: long, of several lines, or of several sentences."""
    if len(text) > _LONG or "\n" in text.strip():
        return True
    return _MAY_END.search(text) is not None and len(sentence_spans(text)) > 1


def shown(value: str | bool | None) -> str:
    """A value that holds no others, as JSON writes it; strings without their quotes unless they are empty."""
    if isinstance(value, str):
        return value if value.strip() else '""'
    return {True: "true", False: "false", None: "null"}[value]


def _draw_object(fields: Fields, canvas: Canvas, path: str, label: str, level: int) -> None:
    """Lines first, then prose, then what is nested: each kind would else stand under the heading of another."""
    lines: list[tuple[str, str]] = []
    groups = [lines]
    prose: list[tuple[str, str]] = []
    nested: list[tuple[str, Value]] = []
    for key, value in fields:
        flat = _flat(_joined(path, key), value)
        if flat is None and isinstance(value, str):
            prose.append((key, value))
        elif flat is None:
            nested.append((key, value))
        elif isinstance(value, Fields) and len(value):
            groups.append(flat)
        else:
            lines += flat
    for group in groups:
        for block in _blocks([f"{where}: {text}" for where, text in group], "\n"):
            canvas.add(clean(block), "row", label=label)
    deepness = min(level, _DEEPEST_HEADING)
    for key, text in prose:
        canvas.add(key, "heading", level=deepness, label=label)
        draw_prose(text, canvas, label=label)
    for key, value in nested:
        canvas.add(key, "heading", level=deepness, label=label)
        draw_value(value, canvas, path=_joined(path, key), label=label, level=level + 1)


def _draw_list(values: Sequence[Value], canvas: Canvas, path: str, label: str, level: int) -> None:
    name = path.rpartition(".")[2] or "item"
    place = f"{label}, " if label else ""
    place += f"{path}, " if path and not label else ""
    if (texts := _short_texts(values)) is not None:
        for block in _blocks(texts, ", "):
            canvas.add(clean(block), "row", label=label)
        return
    for number, value in enumerate(values, start=1):
        draw_entry(value, canvas, name=f"{name} {number}", label=f"{place}item {number}", level=level)


def _flat(path: str, value: Value) -> list[tuple[str, str]] | None:
    """Path and text of every value in `value`; None where some of it is prose or a list of more than short values."""
    if isinstance(value, Fields):
        lines: list[tuple[str, str]] = []
        for key, inner in value:
            more = _flat(_joined(path, key), inner)
            if more is None:
                return None
            lines += more
        return lines or [(path, "{}")]
    texts = _short_texts(value if isinstance(value, list) else [value])
    text = None if texts is None else ", ".join(texts) or "[]"
    return None if text is None or len(text) > _BLOCK else [(path, text)]


def _joined(path: str, key: str) -> str:
    """The path of a key; the end of it where it is so long that it would fill every line."""
    path = f"{path}.{key}" if path else key
    return path if len(path) <= _LONG else "…" + path[-_LONG:]


def _short_texts(values: Sequence[Value]) -> list[str] | None:
    """The values as they are shown; None where one of them holds others or is prose."""
    texts = []
    for value in values:
        if isinstance(value, list | Fields) or (isinstance(value, str) and is_prose(value)):
            return None
        texts.append(shown(value))
    return texts


def _blocks(lines: Sequence[str], between: str) -> Iterator[str]:
    """The lines joined to blocks of some hundred characters."""
    block: list[str] = []
    length = 0
    for line in lines:
        if block and length + len(line) > _BLOCK:
            yield between.join(block)
            block, length = [], 0
        block.append(line)
        length += len(line)
    if block:
        yield between.join(block)
