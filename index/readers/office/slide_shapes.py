"""The shapes of a slide in the order in which they are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from index.readers.office.drawing import alternatives
from index.readers.office.package import Package, attribute, child, local

_SHAPES = frozenset(("sp", "graphicFrame", "grpSp", "cxnSp", "pic", "contentPart"))
_TITLES = ("title", "ctrTitle")
_EDGES = ("ftr", "dt", "sldNum", "hdr")
_BODIES = ("body", "obj", "")
_BAND = 180_000  # English Metric Units, 5 mm: shapes that begin at nearly the same height stand beside one another

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape: its element, where it begins (left, top), and its role among the placeholders (None for none)."""

    element: etree._Element
    place: Place
    role: str | None

    @property
    def is_title(self) -> bool:
        """Whether it holds the slide's title."""
        return self.role in _TITLES

    @property
    def is_edge(self) -> bool:
        """Whether it holds a footer, date or slide number."""
        return self.role in _EDGES

    @property
    def has_bullets(self) -> bool:
        """Whether its paragraphs have bullets where they say nothing else."""
        return self.role in _BODIES


class Placeholders:
    """Where the layouts and masters of a presentation put what the slides leave where it is."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._known: dict[str, Mapping[str, Place]] = {}

    def above(self, part: str) -> Mapping[str, Place]:
        """The places of the placeholders that a slide's layout and master (or the notes' master) have."""
        for kind in ("slideLayout", "notesMaster"):
            for parent in self._package.related(part, kind):
                if parent not in self._known:
                    masters = self._package.related(parent, "slideMaster")
                    self._known[parent] = {**(self._own(masters[0]) if masters else {}), **self._own(parent)}
                return self._known[parent]
        return {}

    def _own(self, part: str) -> dict[str, Place]:
        places: dict[str, Place] = {}
        for shape in _raw_shapes(child(self._package.tree(part), "cSld", "spTree")):
            holder, place = _placeholder(shape), _place(shape)
            if holder is not None and place is not None:
                places[f"type {holder.get('type', '')}"] = place
                places[f"idx {holder.get('idx', '')}"] = place
        return places


def shapes_of(tree: etree._Element | None, inherited: Mapping[str, Place]) -> list[Shape]:
    """The shown shapes of a tree or group: the title first, then from top to bottom and left to right."""
    shapes = []
    for element in _raw_shapes(tree):
        holder = _placeholder(element)
        role = None if holder is None else holder.get("type", "")
        place = _place(element)
        if place is None and holder is not None:
            place = inherited.get(f"idx {holder.get('idx', '')}") or inherited.get(f"type {role}")
        shapes.append(Shape(element, place or (0, 0), role))
    return _in_reading_order(shapes)


def _in_reading_order(shapes: list[Shape]) -> list[Shape]:
    """Bands of shapes that begin at about the same height, each from left to right."""
    ordered: list[Shape] = []
    band: list[Shape] = []
    for shape in sorted(shapes, key=lambda shape: shape.place[1]):
        if band and shape.place[1] - band[0].place[1] > _BAND:
            ordered += sorted(band, key=lambda shape: shape.place[0])
            band = []
        band.append(shape)
    ordered += sorted(band, key=lambda shape: shape.place[0])
    return sorted(ordered, key=lambda shape: (not shape.is_title, shape.is_edge))


def _raw_shapes(tree: etree._Element | None) -> Iterator[etree._Element]:
    """The shapes right inside a tree or group that are not hidden."""
    if tree is None:
        return
    for element in alternatives(tree):
        if local(element) in _SHAPES and not _is_hidden(element):
            yield element


def _is_hidden(shape: etree._Element) -> bool:
    about = next((part for part in shape if local(part).startswith("nv")), None)
    return attribute(child(about, "cNvPr"), "hidden") in ("1", "true")


def _placeholder(shape: etree._Element) -> etree._Element | None:
    about = next((part for part in shape if local(part).startswith("nv")), None)
    return child(about, "nvPr", "ph")


def _place(shape: etree._Element) -> Place | None:
    """Where a shape says that it begins."""
    for path in (("spPr", "xfrm"), ("grpSpPr", "xfrm"), ("xfrm",)):
        corner = child(shape, *path, "off")
        if corner is not None:
            return _whole(corner.get("x")), _whole(corner.get("y"))
    return None


def _whole(text: str | None) -> int:
    try:
        return int(text or 0) if len(text or "") < 12 else 0
    except ValueError:
        return 0
