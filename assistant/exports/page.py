"""A conversation as one HTML page with footnotes, and back."""

import re
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup, escape

from assistant.exports.script import REMARKS, UNSEEN, Block, Kind, Mark, Part, Remark, Script

_STYLE = """
body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem; font: 1.05rem/1.6 Georgia, serif; color: #1b1b1b; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.aside, .remark { color: #5a5a5a; font-style: italic; }
sup a { text-decoration: none; padding: 0 .1em; } ol { font-size: .9rem; }
li:target, sup:target { background: #fff3bf; }
@media (prefers-color-scheme: dark) { body { background: #16181b; color: #e6e6e6; } a { color: #8ab4f8; }
  .aside, .remark { color: #a8a8a8; } li:target, sup:target { background: #4a4300; } }
"""
_TAGS: dict[Kind, str] = {"question": "h2", "answer": "p", "aside": "p"}
_INLINE = frozenset("a b cite code em i mark span strong sup u".split())
# What a page of ours is made of, and the attributes that it has; anything else may show what is not written, or hide
# what is.
_PLAIN = _INLINE | {"body", "h1", "h2", "p", "ol", "li", "br"}
_ATTRIBUTES = frozenset({"id", "href", "class", "value"})
_CLASSES = frozenset({None, *_TAGS, "remark"})
_BACK = "↩"


def write(script: Script) -> str:
    """The script as a page that needs nothing else: no script, no foreign address."""
    blocks = Markup("\n").join(
        Markup('<{0} class="{1}">{2}</{0}>').format(
            Markup(_TAGS[block.kind]), block.kind, Markup("").join(map(_part, block.parts))
        )
        for block in script.blocks
    )
    notes = Markup("\n").join(
        Markup('<li id="note-{0}" value="{0}">{1} <a href="#mark-{0}">{2}</a></li>').format(number, note, _BACK)
        for number, note in script.notes.items()
    )
    return Markup(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width">\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n'
        "<h1>{0}</h1>\n{2}\n<ol>\n{3}\n</ol>\n</body>\n</html>\n"
    ).format(script.title, Markup(_STYLE), blocks, notes)


def read(text: str) -> Script:
    """The script that was written. Whatever else a browser would show is read as answers."""
    from lxml import html

    reader = _Reader()
    if text.strip():
        tree = html.document_fromstring(text, parser=html.HTMLParser(huge_tree=False, remove_comments=True))
        for body in tree.iter("body"):
            reader.take(body)
        styles = ["".join(each.itertext()) for each in tree.iter("style", "script", "link")]
        if [" ".join(style.split()) for style in styles] != [" ".join(_STYLE.split())]:
            reader.blocks.append(Block("answer", (UNSEEN,)))
    reader.end()
    return Script(reader.title, tuple(reader.blocks), reader.notes)


def _part(part: Part) -> Markup:
    if isinstance(part, Mark):
        return Markup('<sup id="mark-{0}"><a href="#note-{0}">{0}</a></sup>').format(part.number)
    return Markup(' <span class="remark">({})</span>').format(part.text) if isinstance(part, Remark) else escape(part)


class _Reader:
    """Gathers what a browser shows of a page, block by block."""

    def __init__(self) -> None:
        self.title = ""
        self.blocks: list[Block] = []
        self.notes: dict[int, str] = {}
        self._begin("answer")

    def take(self, element: Any) -> None:
        """All of an element, in order, however deep: the parser ends at 256 levels."""
        if not isinstance(element.tag, str) or element.tag in ("style", "script", "title", "template"):
            return
        block = element.tag not in _INLINE and element.tag not in ("body", "br")
        if block:
            self.end()
            self._begin(
                _kind(element), title=element.tag == "h1" and not self.title, note=_number(element, "id", "note-")
            )
        if not _is_plain(element):
            self._say(UNSEEN)
        if (part := _known(element)) is not None:
            self._parts += [] if part == _BACK else [part]
        else:
            self._say(element.text)
            for child in element:
                self.take(child)
                self._say(child.tail)
        if block:
            self.end()
            self._begin("answer")

    def end(self) -> None:
        """The block that was begun is done."""
        parts = tuple(_joined(self._parts))
        words = " ".join(part for part in parts if isinstance(part, str))
        if self._note is not None:
            # One that is there twice says nothing: a mark leads to only one of them.
            self.notes[self._note] = "" if self._note in self.notes else words
        elif self._titled:
            self.title = words
        elif parts:
            self.blocks.append(Block(self._kind, parts))

    def _begin(self, kind: Kind, *, title: bool = False, note: int | None = None) -> None:
        self._kind, self._titled, self._note = kind, title, note
        self._parts: list[Part] = []

    def _say(self, text: str | None) -> None:
        if text:
            self._parts.append(text)


def _is_plain(element: Any) -> bool:
    """Whether a browser shows an element as it is written: our styles alone, and no number of its own."""
    plain = element.tag in _PLAIN and element.get("class") in _CLASSES and _ATTRIBUTES.issuperset(element.keys())
    return plain and element.get("value") in (None, (element.get("id") or "").removeprefix("note-"))


def _joined(parts: list[Part]) -> Iterator[Part]:
    """The parts with neighbouring texts as one, in which white space is one space."""
    text = ""
    for part in (*parts, None):
        if isinstance(part, str):
            text += part
            continue
        if words := " ".join(text.split()):
            yield words
        text = ""
        if part is not None:
            yield part


def _kind(element: Any) -> Kind:
    if element.tag == "h2":
        return "question"
    return "aside" if element.tag == "p" and element.get("class") == "aside" else "answer"


def _known(element: Any) -> Part | None:
    """The mark, remark or way back that an element is, if it is exactly one; else it is text like any other."""
    text = "".join(element.itertext())
    if element.tag == "sup" and len(element) == 1 and element[0].tag == "a" and not (element.text or "").strip():
        number = _number(element[0], "href", "#note-")
        return Mark(number) if number is not None and text == str(number) else None
    if element.tag == "span" and element.get("class") == "remark":
        known = text.strip("()")
        return Remark(known) if known in REMARKS.values() and text == f"({known})" else None
    return _BACK if element.tag == "a" and text == _BACK else None


def _number(element: Any, attribute: str, beginning: str) -> int | None:
    found = re.fullmatch(rf"{re.escape(beginning)}(\d{{1,9}})", element.get(attribute) or "")
    return int(found[1]) if found else None
