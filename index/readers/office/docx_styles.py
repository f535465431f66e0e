"""Styles and numbering of a Word document: which paragraphs are headings, and what number stands before which."""

import re
from dataclasses import dataclass, field

from lxml import etree

from index.readers.office.numerals import numeral
from index.readers.office.package import attribute, child, children, local

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(
    r"toc \d|toc heading|table of figures|table of authorities|index \d|index heading", re.IGNORECASE
)
_PLACE = re.compile(r"%([1-9])")
BODY_TEXT = 9  # as an outline level
_LEVELS = 9
_LONGEST = 60  # characters before an item; Word itself allows 31
_MOST_PARENTS = 20


@dataclass(frozen=True, slots=True)
class Style:
    """What is of interest in a style; None where it leaves that to the style it is based on."""

    name: str = ""
    parent: str = ""
    outline: int | None = None
    list_id: str | None = None
    list_level: int | None = None
    bold: bool | None = None
    hidden: bool | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a style means together with those it is based on. `level` is that of a heading, from 1; None for others."""

    level: int | None = None
    is_title: bool = False
    is_contents: bool = False  # a line of a table of contents, or of an index
    bold: bool = False
    hidden: bool = False
    list_id: str | None = None
    list_level: int | None = None
    list_style: str = ""  # the one that names the list


class Styles:
    """The styles of a document by id."""

    def __init__(self, root: etree._Element | None) -> None:
        self._styles: dict[str, Style] = {}
        self._looks: dict[str | None, Look] = {}
        self._default = ""
        for element in root if root is not None else ():
            if local(element) == "style":
                name = attribute(element, "styleId") or ""
                self._styles[name] = _style(element)
                if attribute(element, "type") == "paragraph" and is_on(attribute(element, "default"), otherwise=False):
                    self._default = name

    def look(self, name: str | None) -> Look:
        """What the style `name` means, or the default style where that is None."""
        if name not in self._looks:
            self._looks[name] = self._resolved(self._default if name is None else name)
        return self._looks[name]

    def _resolved(self, name: str) -> Look:
        chain: list[tuple[str, Style]] = []
        at = name
        while at in self._styles and len(chain) < _MOST_PARENTS:
            chain.append((at, self._styles[at]))
            at = self._styles[at].parent
        names = [style.name.lower() for _, style in chain]
        lists = ((at, style) for at, style in chain if style.list_id is not None)
        list_style, listed = next(lists, ("", Style()))
        return Look(
            level=next((level for _, style in chain if (level := _level(style)) is not None), None) or None,
            is_title="title" in names,
            is_contents=any(_CONTENTS.fullmatch(name) for name in names),
            bold=next((style.bold for _, style in chain if style.bold is not None), False),
            hidden=next((style.hidden for _, style in chain if style.hidden is not None), False),
            list_id=listed.list_id,
            list_level=listed.list_level,
            list_style=list_style,
        )


@dataclass(frozen=True, slots=True)
class _Level:
    """How the items of one level of a list are numbered."""

    start: int = 1
    scheme: str = "decimal"
    text: str = ""
    in_digits: bool = False
    restart: int | None = None
    style: str = ""


@dataclass(slots=True)
class _List:
    """A list: the levels of its pattern, and where it counts otherwise."""

    pattern: str
    starts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, _Level] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)


class Numbering:
    """Counts the items of a document's lists as Word does."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        self._patterns: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, dict[int, int]] = {}
        links: dict[str, str] = {}
        for element in root if root is not None else ():
            name = attribute(element, "abstractNumId") or ""
            if local(element) == "abstractNum":
                self._patterns[name] = _levels(element)
                if (link := attribute(child(element, "numStyleLink"), "val")) is not None:
                    links[name] = link
            elif local(element) == "num":
                self._lists[attribute(element, "numId") or ""] = _list(element)
        for name, link in links.items():
            # The pattern is that of the list which the linked style names.
            target = styles.look(link).list_id
            if target in self._lists:
                self._patterns[name] = self._patterns.get(self._lists[target].pattern, {})

    def level_of(self, list_id: str, style: str) -> int:
        """The level of a list that belongs to a style."""
        found = self._lists.get(list_id)
        levels = self._patterns.get(found.pattern, {}) if found else {}
        return next((number for number, level in levels.items() if level.style == style), 0)

    def marker(self, list_id: str, level: int) -> str | None:
        """What stands before the next item of a list: "2.1"; "" for a bullet; None where there is no such list."""
        found = self._lists.get(list_id)
        if found is None or not 0 <= level < _LEVELS:
            return None
        levels = {**self._patterns.get(found.pattern, {}), **found.levels}
        look = levels.get(level)
        if look is None:
            return None
        counts = self._counts.setdefault(found.pattern, {})
        if level in found.starts and level not in found.begun:
            counts[level] = found.starts[level]
        else:
            counts[level] = counts[level] + 1 if level in counts else look.start
        found.begun.add(level)
        for deeper in [other for other in counts if other > level]:
            if levels.get(deeper, _Level()).restart != 0:
                del counts[deeper]
        if look.scheme == "bullet":
            return ""

        def number(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            shown = levels.get(place, _Level())
            return numeral(counts.get(place, shown.start), "decimal" if look.in_digits else shown.scheme)

        return _PLACE.sub(number, look.text)[:_LONGEST].strip()


def is_on(value: str | None, *, otherwise: bool = True) -> bool:
    """Whether a switch is on, by its value; `otherwise` where it has none."""
    return otherwise if value is None else value.lower() not in ("0", "false", "off", "none")


def switch(look: etree._Element | None, name: str) -> bool | None:
    """Whether a property that is on or off is on; None where nothing is said of it."""
    found = child(look, name)
    return is_on(attribute(found, "val")) if found is not None else None


def whole(text: str | None) -> int | None:
    """A small whole number; None for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else None


def _level(style: Style) -> int | None:
    """The level of headings that a style itself gives, 0 for body text; None where it says nothing."""
    if style.outline is not None:
        return style.outline + 1 if style.outline < BODY_TEXT else 0
    if match := _HEADING.fullmatch(style.name):
        return int(match[1])
    return 1 if style.name.lower() == "title" else None


def _style(element: etree._Element) -> Style:
    paragraph, run = child(element, "pPr"), child(element, "rPr")
    return Style(
        name=attribute(child(element, "name"), "val") or "",
        parent=attribute(child(element, "basedOn"), "val") or "",
        outline=whole(attribute(child(paragraph, "outlineLvl"), "val")),
        list_id=attribute(child(paragraph, "numPr", "numId"), "val"),
        list_level=whole(attribute(child(paragraph, "numPr", "ilvl"), "val")),
        bold=switch(run, "b"),
        hidden=switch(run, "vanish"),
    )


def _levels(pattern: etree._Element) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for element in pattern:
        number = whole(attribute(element, "ilvl"))
        if local(element) == "lvl" and number is not None:
            start = whole(attribute(child(element, "start"), "val"))
            scheme = attribute(child(element, "numFmt"), "val") or "decimal"
            found[number] = _Level(
                start=1 if start is None else start,
                scheme=scheme,
                text=attribute(child(element, "lvlText"), "val") or "",
                in_digits=switch(element, "isLgl") or False,
                restart=whole(attribute(child(element, "lvlRestart"), "val")),
                style=attribute(child(element, "pStyle"), "val") or "",
            )
    return found


def _list(element: etree._Element) -> _List:
    found = _List(attribute(child(element, "abstractNumId"), "val") or "")
    for override in children(element):
        level = whole(attribute(override, "ilvl"))
        if local(override) != "lvlOverride" or level is None:
            continue
        start = whole(attribute(child(override, "startOverride"), "val"))
        if start is not None:
            found.starts[level] = start
        found.levels.update(_levels(override))
    return found
