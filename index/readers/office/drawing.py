"""What Office drawings say, alike in documents, slides and sheets: paragraphs, charts, diagrams."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from index.readers.builder import Canvas
from index.readers.headers import Row, short
from index.readers.office.number_formats import shown_by
from index.readers.office.package import Package, attribute, child, children, local
from index.readers.office.runs import raised
from index.readers.rows import row_text
from index.readers.text import clean

_MOST_POINTS = 2_000  # of a chart that are read: more is no picture of values but of a cloud
_CHARTS = ("chart", "chartEx")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a drawing. `bullet` is "" for a symbol, the scheme of a number ("arabicPeriod"), or None."""

    text: str
    level: int = 0
    bullet: str | None = None
    plain: bool = False  # said to have no bullet
    start: int = 1


def paragraphs(body: etree._Element) -> Iterator[Paragraph]:
    """The paragraphs of a text body that say something."""
    for element in body:
        if local(element) != "p":
            continue
        text = paragraph_text(element)
        if not text.strip():
            continue
        look = child(element, "pPr")
        numbered = child(look, "buAutoNum")
        symbol = child(look, "buChar") if child(look, "buChar") is not None else child(look, "buBlip")
        yield Paragraph(
            text,
            level=_small(attribute(look, "lvl"), 0),
            bullet=(attribute(numbered, "type") or "") if numbered is not None else "" if symbol is not None else None,
            plain=child(look, "buNone") is not None,
            start=_small(attribute(numbered, "startAt"), 1),
        )


def paragraph_text(paragraph: etree._Element) -> str:
    """The text of a paragraph, its lines parted as they are."""
    text = ""
    for part in paragraph:
        kind = local(part)
        if kind in ("r", "fld"):
            run = child(part, "t")
            words = (run.text or "") if run is not None else ""
            above = (attribute(child(part, "rPr"), "baseline") or "0").startswith(("1", "2", "3", "4", "5", "6"))
            text += raised(words) if above else words
        elif kind == "br":
            text += "\n"
        elif kind in ("m", "AlternateContent"):
            text += "".join(each.text or "" for each in shown(part) if local(each) == "t")
    # Slides part lines inside a paragraph by a vertical tab as well.
    return "\n".join(" ".join(line.split()) for line in clean(text).split("\n")).strip()


def shown(element: etree._Element) -> Iterator[etree._Element]:
    """An element and all in it that is shown, in order: of alternatives the first that is not empty."""
    yield element
    for part in alternatives(element):
        yield from shown(part)


def alternatives(element: etree._Element) -> Iterator[etree._Element]:
    """The elements right inside one; in place of alternative contents, those of the first that has any."""
    for part in element:
        if local(part) == "AlternateContent":
            choice = next((each for each in part if len(each)), None)
            if choice is not None:
                yield from alternatives(choice)
        else:
            yield part


def draw_related(package: Package, part: str, relation: str, canvas: Canvas, *, label: str = "") -> None:
    """Put the chart or diagram that `part` refers to on the canvas; nothing where it is neither."""
    target = package.relations(part).get(relation)
    root = package.tree(target.target) if target is not None else None
    if target is None or root is None:
        return
    if target.kind in _CHARTS:
        draw_chart(root, canvas, label=label or "chart")
    elif target.kind == "diagramData":
        for point in root.iter("{*}t"):
            # A point of a diagram has a text body, which holds paragraphs.
            if local(point) == "t" and child(point, "p") is not None:
                for paragraph in paragraphs(point):
                    canvas.add(paragraph.text, "item", label=label or "diagram")


def draw_chart(root: etree._Element, canvas: Canvas, *, label: str) -> None:
    """Put a chart on the canvas: its title, and its values as rows, each with the name of its series."""
    chart = child(root, "chart")
    title = child(chart, "title")
    if title is not None:
        words = (paragraph_text(each) for each in title.iter("{*}p"))
        canvas.add(" ".join(" ".join(words).split()), label=label)
    names: dict[int, str] = {}
    rows: dict[int, dict[int, str]] = {}
    for number, series in enumerate(root.iter("{*}ser"), start=2):
        names[number] = short(" ".join(_points(child(series, "tx")).values()))
        labels = _points(_first(series, "cat", "xVal"))
        for place, value in _points(_first(series, "val", "yVal")).items():
            cells = rows.setdefault(place, {})
            if place in labels:
                cells.setdefault(1, labels[place])
            cells[number] = value
    for place in sorted(rows)[:_MOST_POINTS]:
        row = Row(place, tuple(sorted(rows[place].items())))
        canvas.add(row_text(row, {number: name for number, name in names.items() if name}), "row", label=label)


def _first(series: etree._Element, *names: str) -> etree._Element | None:
    return next((found for name in names if (found := child(series, name)) is not None), None)


def _points(holder: etree._Element | None) -> dict[int, str]:
    """The values that a chart remembers, by place, as it shows them."""
    found: dict[int, str] = {}
    if holder is None:
        return found
    for cache in holder.iter("{*}strCache", "{*}numCache", "{*}strLit", "{*}numLit", "{*}lvl"):
        code = child(cache, "formatCode")
        write = shown_by((code.text or "") if code is not None else "") if local(cache).startswith("num") else str
        for point in children(cache):
            value = child(point, "v")
            if local(point) == "pt" and value is not None and value.text:
                text = " ".join(clean(write(value.text)).split())
                place = _small(attribute(point, "idx"), 0)
                # Categories in several levels: the inner one comes first.
                found[place] = f"{text} {found[place]}" if place in found else text
            if len(found) > _MOST_POINTS:
                return found
    return found


def _small(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else otherwise
