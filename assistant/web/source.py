"""The source pane: a document with exactly the cited characters marked, and ways to look around in it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from assistant.schema import Citation
from assistant.standing import Checker
from index import Block, CitebackError, Document, DocumentNotFound, Span

from .printed import Unprinted, printed_markup
from .render import aside, card, element, facts, join, part_button, shortened
from .table import is_table, table_markup

if TYPE_CHECKING:
    from assistant import Assistant

# Characters shown before and after the place that is read: a 1,000-page text at once would stall a browser.
REACH: Final = 40_000
# Entries of an outline; a longer one is no help.
HEADINGS: Final = 400
NOTHING_OPEN: Final = ("No source open", "Click a citation or a document to read it here.")


def build_source() -> Any:
    """The pane, with nothing open. Its events "open" and "view" ask for another part or view of the document."""
    return gr.HTML(
        value=card(*NOTHING_OPEN),
        elem_id="cb-source",
        apply_default_css=False,
        js_on_load="citeback.sourcePane(element, trigger, watch, ['open', 'view']);",
    )


def cited_source(assistant: "Assistant", citation: Citation, *, opened: str, view: str = "") -> Markup:
    """The source of a citation, its quote marked; `opened` tells the page which citation this is.

    Where it stands elsewhere by now, that is shown and said; where it stands nowhere, the quote as it was.
    """
    told, found = "", citation
    if not _is_there(assistant, citation):
        standing = Checker(assistant.index).of_citation(citation)
        if standing.citation is None:
            return _quote_alone(citation, _sentence(standing.words), opened)
        told, found = _sentence(standing.words), standing.citation
    document = assistant.index.document(found.document_id)
    return shown_source(assistant, document, Span(found.start, found.end), opened=opened, view=view, told=told)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _is_there(assistant: "Assistant", citation: Citation) -> bool:
    """Whether the quote stands where it was given from. Looking for it elsewhere reads every document."""
    try:
        document = assistant.index.document(citation.document_id)
    except DocumentNotFound:
        return False
    return document.text[citation.start : citation.end] == citation.quote


def opened_source(assistant: "Assistant", document_id: object, around: int, *, view: str = "") -> Markup:
    """A document from the library, as far as around a place."""
    try:
        document = assistant.index.document(str(document_id))
    except CitebackError as error:
        return card("This document cannot be shown", str(error), kind="error")
    at = min(around, len(document.text))
    return shown_source(assistant, document, Span(at, at), view=view)


def shown_source(
    assistant: "Assistant", document: Document, place: Span, *, opened: str = "", view: str = "", told: str = ""
) -> Markup:
    """The document in the view asked for, else as it is printed or tabled, where it is, else its text.

    `told` is what a reader has to know of the place.
    """
    views = ["printed"] if _is_printed(document) else ["table"] if is_table(document) else []
    chosen = view if view in ("text", *views) else [*views, "text"][0]
    reading: Markup | None = None
    if chosen == "printed":
        reading = printed_markup(assistant, document, place, opened=opened)
    elif chosen == "table":
        reading = element("div", table_markup(document, place), class_="cb-table")
    if reading is None or isinstance(reading, Unprinted):
        return source_markup(document, place, opened=opened, views=views, why=reading, told=told)
    return _section(document, place, reading, opened=opened, views=views, view=chosen, told=told)


def _is_printed(document: Document) -> bool:
    return bool(document.pages) and not any(page.label for page in document.pages)


def source_markup(
    document: Document,
    place: Span,
    *,
    opened: str = "",
    views: Sequence[str] = (),
    why: Markup | None = None,
    told: str = "",
) -> Markup:
    """A document's title, facts and text, as far as `REACH` characters from a place, which is marked.

    Above the text stands `why` it is no picture; `told` as in `shown_source`.
    """
    window = window_of(document.text, place)
    text = join(
        [
            why or Markup(""),
            _part_button(document, window.start, "earlier") if window.start > 0 else Markup(""),
            element("div", running_text(document, window, place), class_=_manner(document)),
            _part_button(document, window.end, "later") if window.end < len(document.text) else Markup(""),
        ]
    )
    return _section(document, place, text, opened=opened, views=views, view="text", told=told)


def _section(
    document: Document, place: Span, reading: Markup, *, opened: str, views: Sequence[str], view: str, told: str
) -> Markup:
    locator = document.locator_at(place.start) if place.start < place.end else None
    who = facts(document.author, document.publisher, document.date, locator)
    marked = f"characters {place.start:,}–{place.end:,}" if place.start < place.end else ""
    where = facts(document.source, marked or f"{len(document.text):,} characters")
    pane = element(
        "div", reading, class_="cb-reading", tabindex=0, role="region", aria_label=f"Text of {document.title}"
    )
    remarks = (told, document.metadata.get("note", ""), document.metadata.get("url", ""))
    head = _head(document.title, who, where, *remarks, tools=_tools(document, place, views, view, opened))
    return element("section", head, pane, data_opened=opened, data_view=view)


def _tools(document: Document, place: Span, views: Sequence[str], view: str, opened: str) -> Markup:
    """Ways to look around: the citations before and after, the headings, words, other views."""
    steps = element(
        "span",
        element("button", "‹", aside("Citation before"), type="button", data_step="-1"),
        element("button", "›", aside("Citation after"), type="button", data_step="1"),
        class_="cb-steps",
    )
    find = element("input", type="search", class_="cb-find", placeholder="Find here", aria_label="Find in this source")
    wide = element("button", "Wider", type="button", class_="cb-wider", aria_pressed="false", data_wide=True)
    parts = [steps, _outline(document), find, element("span", class_="cb-found", role="status"), wide]
    if views:
        names = {"printed": "Pages", "table": "Table", "text": "Text"}
        parts += [
            element(
                "button",
                names[each],
                type="button",
                class_="cb-view",
                aria_pressed=str(each == view).lower(),
                data_event="view",
                data_view=each,
                data_document=document.id,
                data_around=place.start,
                data_end=place.end,
                data_key=opened,
            )
            for each in (*views, "text")
        ]
    return element("div", *parts, class_="cb-looking")


def _outline(document: Document) -> Markup:
    """The headings, each leading to its place; nothing where there are none."""
    headings = [block for block in document.blocks if block.kind == "heading"][:HEADINGS]
    if not headings:
        return Markup("")
    entries = [
        element(
            "li",
            element(
                "button",
                shortened(document.text[block.start : block.end], 90),
                type="button",
                data_goto=block.start,
                data_document=document.id,
            ),
            data_level=min(block.level, 4),
        )
        for block in headings
    ]
    return element("details", element("summary", "Outline"), element("ol", *entries), class_="cb-outline")


def window_of(text: str, place: Span) -> Span:
    """The part of a text that is shown: `REACH` to both sides of `place`, cut at line ends where there are any near.

    >>> window_of("word " * 20_000, Span(50_000, 50_010))
    Span(start=10000, end=90010)
    """
    start, end = max(0, place.start - REACH), min(len(text), place.end + REACH)
    if start > 0:
        start = text.find("\n", start, min(start + REACH // 10, place.start)) + 1 or start
    if end < len(text):
        line_end = text.rfind("\n", max(end - REACH // 10, place.end), end)
        end = line_end if line_end >= 0 else end
    return Span(start, end)


def running_text(document: Document, window: Span, place: Span) -> Markup:
    """The characters of `window` as they stand, the characters of `place` in one `<mark>` (or an empty anchor).

    Headings and furniture are styled; page labels are drawn by the style sheet, so they are no part of the text.
    """
    blocks = [block for block in document.blocks if Span(block.start, block.end).overlaps(window)]
    shown = [page for page in document.pages if window.start <= page.start < window.end]
    pages = {page.start: page.label or f"page {page.number}" for page in shown}
    edges = {edge for block in blocks for edge in (block.start, block.end)} | pages.keys() | {place.start, place.end}
    cuts = sorted({window.start, window.end, *(edge for edge in edges if window.start < edge < window.end)})
    standing, marked, following = list[Markup](), list[Markup](), list[Markup]()
    for start, end in pairwise(cuts):
        while blocks and blocks[0].end <= start:
            blocks.pop(0)
        block = blocks[0] if blocks and blocks[0].start <= start else None
        part = standing if start < place.start else marked if start < place.end else following
        if start in pages:
            part.append(element("span", class_="cb-page", data_page=pages[start]))
        part.append(_piece(document.text, Span(start, end), block))
    anchor = element("mark", *marked, id="cb-mark") if marked else element("span", id="cb-place")
    return join([*standing, anchor, *following])


def _manner(document: Document) -> str:
    """The class of the text: on pages, a line end within a paragraph is where the paper was full, and flows on here."""
    return "cb-text cb-paged" if document.pages else "cb-text"


def _piece(text: str, span: Span, block: Block | None) -> Markup:
    kind = block.kind if block else "break" if span.of(text) == "\n" else "between"
    whole_heading = block is not None and kind == "heading" and (block.start, block.end) == (span.start, span.end)
    return element(
        "span",
        span.of(text),
        class_=f"cb-{kind}",
        role="heading" if whole_heading else None,
        data_at=span.start if whole_heading else None,
        aria_level=(min(block.level, 4) + 2) if block and whole_heading else None,
        title="Not part of the article: never searched or quoted" if kind == "furniture" else None,
    )


def _quote_alone(citation: Citation, reason: str, opened: str) -> Markup:
    who = facts(citation.author, citation.publisher, citation.date, citation.locator)
    quote = element("blockquote", element("mark", citation.quote, id="cb-mark"))
    missing = card("This source cannot be shown as it was", reason, element("p", "The answer quoted it so:"), quote)
    return element("section", _head(citation.title, who, citation.source), missing, data_opened=opened)


def _head(title: str, who: str, where: str, *remarks: str, tools: Markup | str = "") -> Markup:
    back = element("button", "Back to the answer", type="button", class_="cb-back")
    named = ((who, "cb-who"), (where, "cb-where"), *((remark, "cb-remark") for remark in remarks))
    lines = [element("p", words, class_=name) for words, name in named if words]
    return element("header", back, element("h2", title), *lines, tools)


def _part_button(document: Document, around: int, which: str) -> Markup:
    words = f"Only part of {len(document.text):,} characters is shown. Show {which} text"
    return part_button(words, document.id, around)
