"""XML that is no web page: its text, with records of short fields as rows; drawings as the words in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.entities import html5

from lxml import etree

from index.errors import EmptyFile
from index.readers.builder import Canvas, document_id, title_from
from index.readers.data.json_draw import is_prose
from index.readers.office.package import local
from index.readers.plain.code import read_code
from index.readers.text import clean
from index.schema import Document

_HEADINGS = frozenset("title head heading headline caption subtitle".split())
_MARKUP = re.compile(r"<(?:p|br|a|div|b|i|img|span|ul|em|strong)\b[^<>]{0,500}>", re.IGNORECASE)
_DECLARATION = re.compile(rb"\s*<\?xml[^>]{0,200}\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>", re.IGNORECASE)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,40};)")
_XML_ENTITIES = frozenset(("amp;", "lt;", "gt;", "quot;", "apos;"))
_IDLE = frozenset(("id", "class", "style", "lang", "space", "schemaLocation", "noNamespaceSchemaLocation"))
_LINE = frozenset(("x", "y", "dx", "dy"))


def read_xml(data: bytes, *, source: str) -> list[Document]:
    """The one document in an XML file; one that is not well-formed is read as its source stands.

    Entities are shown as they are written and never resolved. Raises EmptyFile where no element holds text.

    >>> read_xml(b"<menu><dish><name>Stew</name><price>4.50</price></dish></menu>", source="menu.xml")[0].text
    'name: Stew | price: 4.50'
    """
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        note = {"no_xml": " ".join(str(error).split())[:200]}
        read = read_code(data, source=source)
        return [replace(document, metadata={**document.metadata, **note}) for document in read]
    _show_entities(root)
    canvas = Canvas()
    if local(root) == "svg":
        _draw_svg(root, canvas)
    else:
        _draw(root, canvas, 1)
    if not canvas.blocks:
        raise EmptyFile(f"{source} shows no text; nothing to index")
    headings = (canvas.text[block.start : block.end] for block in canvas.blocks if block.kind == "heading")
    title = next(headings, "") or title_from(source)
    return [Document(document_id(source), canvas.text, title, source, blocks=canvas.blocks)]


def xhtml(text: str) -> etree._Element | None:
    """The tree of a page written as XML, its tags without namespaces; None where it is not well-formed.

    The document type is left out, and with it every entity but HTML's own.

    >>> page = xhtml("<!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'><body>caf&eacute;</body></html>")
    >>> page.findtext("body")
    'café'
    """
    text = _DOCTYPE.sub("", text, count=1)
    text = _ENTITY.sub(lambda match: match[0] if match[1] in _XML_ENTITIES else html5.get(match[1], match[0]), text)
    try:
        root = etree.fromstring(_DECLARATION.sub(b"", text.encode()), _parser())
    except etree.XMLSyntaxError:
        return None
    for element in root.iter("{*}*"):
        element.tag = local(element)
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )


def _show_entities(root: etree._Element) -> None:
    """Put what is written for an entity, "&name;", in the place of the entity, which would take its tail along."""
    for entity in list(root.iter(etree.Entity)):
        parent, before = entity.getparent(), entity.getprevious()
        shown = f"{entity.text}{entity.tail or ''}"
        if before is not None:
            before.tail = (before.tail or "") + shown
        else:
            parent.text = (parent.text or "") + shown
        entity.tail = None
        parent.remove(entity)


def _draw(element: etree._Element, canvas: Canvas, level: int) -> None:
    children = list(element)
    if _line(element.text) or any(_line(child.tail) for child in children):
        _draw_leaf(element, canvas, level)
    elif len(children) > 1 and all(_is_field(child) for child in children):
        canvas.add(_row([*_attributes(element), *(field for child in children for field in _fields(child))]), "row")
    else:
        if (attributes := _attributes(element)) and element.getparent() is not None:
            canvas.add(_row([(f"{local(element)} {name}", value) for name, value in attributes]), "row")
        for child in children:
            _draw(child, canvas, level + (len(children) > 1))


def _draw_leaf(element: etree._Element, canvas: Canvas, level: int) -> None:
    """Put an element with text of its own on the canvas: a heading, a paragraph, or a row of one field."""
    text = _line("".join(element.itertext()))
    if local(element).lower() in _HEADINGS:
        canvas.add(text, "heading", level=min(level, 6))
    elif _MARKUP.search(text[:5000]):
        from index.readers.markup.elements import draw_visible, parse

        tree = parse(text)
        if tree is not None:
            draw_visible(tree, canvas)
    elif is_prose(text) or len(element) or len(text.split()) > 8:
        canvas.add(text)
    else:
        canvas.add(_row([(local(element), text), *_attributes(element)]), "row")


def _fields(element: etree._Element) -> Iterator[tuple[str, str]]:
    """The field that an element without children is: its text, or else its attributes."""
    if text := _line(element.text):
        yield local(element), text
    else:
        yield from ((f"{local(element)} {name}", value) for name, value in _attributes(element))


def _is_field(element: etree._Element) -> bool:
    text = _line(element.text)
    return not len(element) and not is_prose(text) and not _MARKUP.search(text)


def _attributes(element: etree._Element) -> list[tuple[str, str]]:
    named = ((key.rpartition("}")[2], _line(value)) for key, value in element.items())
    return [(name, value) for name, value in named if value and name not in _IDLE]


def _row(fields: Sequence[tuple[str, str]]) -> str:
    return " | ".join(f"{name}: {value}" for name, value in fields)


def _draw_svg(root: etree._Element, canvas: Canvas) -> None:
    """Put the title, the description and the words of a drawing on the canvas; a word that is placed begins a line."""
    for element in root.iter("{*}title", "{*}desc", "{*}text"):
        parts = []
        for piece in element.iter("{*}*"):
            placed = piece is not element and not _LINE.isdisjoint(piece.keys())
            parts += ["\n" if placed else "", piece.text or "", piece.tail or "" if piece is not element else ""]
        lines = (_line(line) for line in "".join(parts).split("\n"))
        text = "\n".join(line for line in lines if line)
        is_title = local(element) == "title" and element.getparent() is root
        canvas.add(text, "heading" if is_title else "paragraph", level=int(is_title))


def _line(text: str | None) -> str:
    return " ".join(clean(text or "").split())
