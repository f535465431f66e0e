"""Trees of HTML elements, and of trafilatura's, drawn block by block."""

import re
from dataclasses import dataclass, field

from lxml import etree, html

from index.errors import ReadError
from index.readers.builder import Canvas
from index.readers.text import clean
from index.schema import BlockKind

_KINDS: dict[str, BlockKind] = {
    **dict.fromkeys(("head", "h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("item", "li", "dd", "dt"), "item"),
    **dict.fromkeys(("row", "tr"), "row"),
}
# Elements that end the block before them, in HTML and in trafilatura's own markup.
_BREAKING = (html.defs.block_tags - {"del", "ins"}) | frozenset(
    "article aside body details figcaption figure footer head header html item list main nav quote row section "
    "summary".split()
)
_INHERITING = frozenset("p div section center details blockquote quote".split())
_HIDDEN = frozenset(
    "script style noscript template svg math iframe object textarea select button title meta link".split()
)
_CELLS = frozenset(("cell", "td", "th"))
_LAYOUT = frozenset("table list ul ol blockquote quote pre article section h1 h2 h3 h4 h5 h6".split())
_CUT = 2000  # elements; what is nested deeper, libxml2 leaves out without a word
_SUBSET = re.compile(r"\A(\s*<!DOCTYPE[^>\[]*)\[[^\]]*\]", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r\f\v\xa0]+")
_BREAK, _CELL = "\x1e", "\x1f"  # control characters: `clean` has taken them out of the text itself


def parse(markup: str) -> html.HtmlElement | None:
    """The tree of a page or fragment; None where there is nothing in it."""
    # As bytes: lxml refuses a string that declares an encoding. Deep pages lose their text without `huge_tree`.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        # An internal DTD subset is never read, but its closing bracket would show as text.
        return html.document_fromstring(_SUBSET.sub(r"\1", markup).encode(), parser=parser)
    except etree.ParserError:
        return None


def depth_of(tree: etree._Element, *, source: str) -> int:
    """How many elements are nested. Raises ReadError for a depth from which a parser leaves out text without a word."""
    depth = deepest = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    if deepest >= _CUT:
        raise ReadError(f"{source} nests {_CUT} elements or more; no parser keeps its text, simplify it")
    return deepest


def draw(root: etree._Element, canvas: Canvas) -> None:
    """Put the blocks of an element on the canvas: headings, paragraphs, items, rows with cells joined by " | ".

    >>> canvas = Canvas()
    >>> draw(etree.fromstring("<body><h1>Soup</h1><table><tr><td>thin</td><td>4.50</td></tr></table></body>"), canvas)
    >>> canvas.text
    'Soup\\n\\nthin | 4.50'
    """
    pen = _Pen(canvas)
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = str(element.tag).rpartition("}")[2].lower()
        if event == "start":
            if _is_hidden(element, tag):
                walker.skip_subtree()
            else:
                pen.open(element, tag)
                pen.write(element.text)
        else:
            if not _is_hidden(element, tag):
                pen.close(element, tag)
            if element is not root:
                pen.write(element.tail)
    pen.flush()


def draw_visible(tree: etree._Element, canvas: Canvas) -> None:
    """Put everything a browser would show on the canvas: the body without scripts, styles and controls."""
    body = tree.find("body")
    if body is not None:
        draw(body, canvas)


@dataclass(slots=True)
class _Pen:
    """Gathers characters until an element ends the block they belong to."""

    canvas: Canvas
    _parts: list[str] = field(default_factory=list)
    _kinds: list[tuple[BlockKind, int]] = field(default_factory=lambda: [("paragraph", 0)])
    _rows: int = 0  # rows open whose cells hold nothing but text
    _verbatim: int = 0

    def open(self, element: etree._Element, tag: str) -> None:
        """Begin an element."""
        if tag in ("br", "lb"):
            self._parts.append(_BREAK)
        elif tag == "pre":
            self.flush()
            self._verbatim += 1
        elif self._breaks(tag):
            self.flush()
            self._kinds.append(self._kind(element, tag))
            self._rows += self._kinds[-1][0] == "row"

    def close(self, element: etree._Element, tag: str) -> None:
        """End an element."""
        if tag in _CELLS and self._rows:
            self._parts.append(_CELL)
        elif tag == "pre":
            self.flush()
            self._verbatim -= 1
        elif self._breaks(tag):
            self.flush()
            self._rows -= self._kinds.pop()[0] == "row"
        elif tag in _BREAKING:
            self._parts.append(" ")

    def write(self, text: str | None) -> None:
        """Add characters."""
        if text:
            text = clean(text)
            self._parts.append(text if self._verbatim else _SPACE.sub(" ", text))

    def flush(self) -> None:
        """End the block."""
        text = "".join(self._parts)
        self._parts.clear()
        kind, level = self._kinds[-1]
        if self._verbatim:
            self.canvas.add(text.replace(_BREAK, "\n"), verbatim=True)
        elif kind == "row":
            cells = [_tidy(cell.replace(_BREAK, " ")) for cell in text.split(_CELL)]
            while cells and not cells[-1]:
                cells.pop()
            self.canvas.add(" | ".join(cells), kind)
        else:
            self.canvas.add("\n".join(_tidy(line) for line in text.split(_BREAK)), kind, level=level)

    def _breaks(self, tag: str) -> bool:
        """Whether an element ends the block; inside a row only another row does."""
        return tag in _BREAKING and (not self._rows or tag in ("row", "tr"))

    def _kind(self, element: etree._Element, tag: str) -> tuple[BlockKind, int]:
        kind = _KINDS.get(tag)
        if tag == "nav" or self._kinds[-1][0] == "furniture":
            return "furniture", 0
        if kind == "heading":
            rank = (element.get("rend") or tag).removeprefix("h")
            return kind, int(rank) if rank in tuple("123456") else 2
        if kind == "row" and _is_layout(element):
            return "paragraph", 0
        if kind is not None:
            return kind, 0
        return self._kinds[-1] if tag in _INHERITING else ("paragraph", 0)


def _is_layout(row: etree._Element) -> bool:
    """Whether a table row is there to arrange a page: a cell of it holds headings, lists, tables or paragraphs."""
    for cell in row:
        inner = [str(child.tag).lower() for child in cell]
        if not _LAYOUT.isdisjoint(inner) or sum(tag in ("p", "div") for tag in inner) > 1:
            return True
    return False


def _is_hidden(element: etree._Element, tag: str) -> bool:
    if tag in _HIDDEN or element.get("hidden") is not None:
        return True
    return "display:none" in (element.get("style") or "").replace(" ", "").lower()


def _tidy(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
