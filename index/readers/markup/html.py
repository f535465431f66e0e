"""Web pages: the main text by trafilatura, or else everything visible; title, author, site and date from the markup."""

import codecs
import re
from typing import Any

import trafilatura
from lxml import html

from index.errors import EmptyFile
from index.readers.builder import Canvas, document_id, title_from
from index.readers.dates import iso_date
from index.readers.markup.elements import depth_of, draw, draw_visible, parse
from index.readers.text import clean, decode
from index.schema import Document

_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]{2,30})|encoding\s*=\s*[\"']([\w-]{2,30})", re.IGNORECASE)
# What browsers put before a page they save.
_SAVED_FROM = re.compile(
    r"\A\s*(?:<!DOCTYPE[^>]*>\s*)?<!-- saved from url=\(\d{4}\)(https?://[^\s<>\"']{1,2000}) -->", re.IGNORECASE
)
_HEAD = 4096  # bytes in which a page declares its encoding
_DEEPEST = 200  # elements; trafilatura recurses
_SHORT = 250  # characters; trafilatura's own measure of a page it did not understand
_KEPT = 0.9  # share of a bare document's text below which trafilatura has dropped some of it
_LINKED = 0.1  # share of text in links from which a page has menus
# The publication date from the markup, not the first date that happens to stand in the text.
_DATES = {"original_date": True, "extensive_search": False}


def read_html(data: bytes, *, source: str) -> list[Document]:
    """The one document in a web page. Nothing is fetched, and no entity but HTML's own is resolved.

    Raises EmptyFile where the page shows no text.
    """
    text, notes = page_text(data, source=source)
    if saved := _SAVED_FROM.match(text):
        notes = {**notes, "url": saved[1]}
    tree = parse(text)
    depth = depth_of(tree, source=source) if tree is not None else 0
    canvas, facts = _drawn(tree, deep=depth > _DEEPEST) if tree is not None else (Canvas(), None)
    if not canvas.blocks:
        raise EmptyFile(f"{source} shows no text; nothing to index")
    heading = next((canvas.text[block.start : block.end] for block in canvas.blocks if block.kind == "heading"), None)
    return [
        Document(
            id=document_id(source),
            text=canvas.text,
            title=_fact(facts, "title") or heading or title_from(source),
            source=source,
            author=_fact(facts, "author"),
            publisher=_fact(facts, "sitename"),
            date=iso_date(_fact(facts, "date") or ""),
            blocks=canvas.blocks,
            metadata=notes,
        )
    ]


def _drawn(tree: html.HtmlElement, *, deep: bool) -> tuple[Canvas, object]:
    """The page's blocks and what trafilatura knows about it (an object with `title`, `author`, `date`, `sitename`)."""
    whole = Canvas()
    draw_visible(tree, whole)
    if deep:
        return whole, None
    facts: Any = trafilatura.bare_extraction(
        tree, include_comments=False, with_metadata=True, date_extraction_params=dict(_DATES)
    )
    if facts is None or facts.body is None:
        return whole, trafilatura.extract_metadata(tree, date_config=dict(_DATES))
    main = Canvas()
    draw(facts.body, main)
    # Of a short page trafilatura makes one paragraph; from a page of questions and answers it may drop the questions.
    kept = len(main.text)
    lost = kept < _SHORT or (kept < _KEPT * len(whole.text) and _has_no_menus(tree, len(whole.text)))
    return whole if lost else main, facts


def _has_no_menus(tree: html.HtmlElement, length: int) -> bool:
    """Whether the page is a bare document: no navigation, and hardly any of its `length` characters in links."""
    if any(tree.iter("nav", "aside", "footer", "form")):
        return False
    linked = sum(len(" ".join(link.itertext())) for link in tree.iter("a"))
    return linked < _LINKED * length


def page_text(data: bytes, *, source: str) -> tuple[str, dict[str, str]]:
    """The page's text: as UTF-8 if it is that, else as the page declares, else as it looks."""
    declared = _DECLARED.search(data[:_HEAD])
    try:
        data.decode()
    except UnicodeDecodeError:
        # A declaration that can be read as ASCII and says UTF-16 is wrong.
        if declared is not None and not (name := (declared[1] or declared[2]).decode()).lower().startswith("utf"):
            try:
                encoding = codecs.lookup(name).name
                return clean(data.decode(encoding)), {"encoding": encoding}
            except (LookupError, UnicodeError):
                pass
    return decode(data, source=source)


def _fact(facts: object, name: str) -> str | None:
    """One fact trafilatura found, on one line; None where it found nothing."""
    value = getattr(facts, name, None)
    return " ".join(clean(value).split()).removeprefix("@") or None if isinstance(value, str) else None
