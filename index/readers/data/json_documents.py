"""Objects of JSON that are texts with a title, an author or a date: articles, posts, passages of a corpus."""

import re
from collections.abc import Mapping

from index.readers.builder import Canvas, document_id, title_from
from index.readers.data.json_draw import Fields, Value, draw_prose, draw_value, is_prose
from index.readers.dates import iso_date
from index.readers.text import clean
from index.schema import Document

_TEXT = ("text", "body", "content", "article", "contents", "full_text", "fulltext", "articlebody", "page_content")
_TITLE = ("title", "headline", "name", "subject")
_AUTHOR = ("author", "authors", "byline", "creator", "by")
_PUBLISHER = ("publisher", "source", "site", "sitename", "site_name", "publication")
_DATE = ("date", "published", "published_at", "publishedat", "date_published", "datepublished", "pubdate", "created_at")
_URL = ("url", "link", "permalink", "canonical_url")
_MOST = 0.5  # share of a list that has to be texts
_MARKUP = re.compile(
    r"</(?:p|div|span|a|b|i|em|strong|li|ul|ol|h[1-6]|table|blockquote)>|<(?:br|p|img)\b[^<>]{0,200}>", re.I
)


def is_library(value: Value) -> bool:
    """Whether a value is a list of texts: half of it or more.

    >>> is_library([Fields([("title", "Soup"), ("text", "It is hot. It is thin.")])])
    True
    >>> is_library([Fields([("title", "Soup"), ("price", "4.50")])]) or is_library([])
    False
    """
    if not isinstance(value, list) or not value:
        return False
    return sum(map(_is_text, value)) >= max(1, _MOST * len(value))


def document_from(value: Value, source: str, notes: Mapping[str, str]) -> Document | None:
    """The document an object is; None for one without a text or without any fact about it.

    Fields that are neither stand below the text as lines.
    """
    if not isinstance(value, Fields) or not _is_text(value):
        return None
    text = value.get(*_TEXT)
    known = [value.get(*keys) for keys in (_TITLE, _AUTHOR, _PUBLISHER, _DATE, _URL)]
    title, author, publisher, date, url = map(_fact, known)
    canvas = Canvas()
    canvas.add(title, "heading", level=1)
    _draw_text(str(text), canvas)
    day = iso_date(date)
    used = [text, *(fact for fact in known if day or fact is not known[3])]
    rest = [(key, other) for key, other in value if other is None or not any(other is fact for fact in used)]
    draw_value(Fields(rest), canvas, level=2)
    return Document(
        id=document_id(source),
        text=canvas.text,
        title=title or title_from(source),
        source=source,
        author=author or None,
        publisher=publisher or None,
        date=day,
        blocks=canvas.blocks,
        metadata={**notes, **({"url": url} if url else {})},
    )


def _is_text(value: Value) -> bool:
    if not isinstance(value, Fields):
        return False
    if value.get(*_TITLE, *_AUTHOR, *_DATE, *_URL) is None:
        return False
    text = value.get(*_TEXT)
    return isinstance(text, str) and (is_prose(text) or _MARKUP.search(text[:5000]) is not None)


def _draw_text(text: str, canvas: Canvas) -> None:
    if _MARKUP.search(text[:5000]):
        from index.readers.markup.elements import draw_visible, parse

        tree = parse(clean(text))
        if tree is not None:
            draw_visible(tree, canvas)
    else:
        draw_prose(text, canvas)


def _fact(value: Value) -> str:
    """A fact on one line: a string, the names in a list or of an object; "" where there is none."""
    names = value if isinstance(value, list) else [value]
    found = [name.get("name") if isinstance(name, Fields) else name for name in names]
    line = ", ".join(name for name in found if isinstance(name, str))
    return " ".join(clean(line).split()) if len(line) <= 500 else ""
