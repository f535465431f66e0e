"""How the page makes markup: the one place where text from documents, questions and file names is escaped.

A panel builds HTML only by nesting `element`; a plain string that gets in anywhere is escaped, so forgetting to is not
possible. The page has no links and no images: no attribute here ever carries an address.
"""

import re

from markupsafe import Markup, escape

# HTML has no way to write these: a parser drops NUL, and a lone surrogate cannot be sent as UTF-8.
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
EMPTY = frozenset({"br", "input"})
ADDRESSES = frozenset({"action", "formaction", "href", "src", "srcdoc", "srcset", "style"})


def text(value: str) -> Markup:
    """Markup that shows exactly the characters of `value`, in an element or in a quoted attribute.

    A parser would turn a carriage return into a line feed, so it is written as a reference.

    >>> text('<img src=x onerror="alert(1)">')
    Markup('&lt;img src=x onerror=&#34;alert(1)&#34;&gt;')
    >>> text("a\\r\\nb")
    Markup('a&#13;\\nb')
    """
    return Markup(str(escape(UNWRITABLE.sub("\ufffd", value))).replace("\r", "&#13;"))


def join(parts: list[Markup], separator: str = "") -> Markup:
    """The parts one after the other, `separator` escaped between them."""
    return text(separator).join(parts)


def element(tag: str, *children: str | Markup, **attributes: str | int | bool | None) -> Markup:
    """One element. Plain strings are escaped; None and False leave an attribute out, True writes its name alone.

    An underscore in an attribute's name is written as a hyphen, one at its end is dropped.

    >>> element("button", "a < b", class_="chip", data_number=3, disabled=False)
    Markup('<button class="chip" data-number="3">a &lt; b</button>')
    """
    written = [Markup("<"), text(tag)]
    for name, value in attributes.items():
        attribute = name.rstrip("_").replace("_", "-")
        if attribute in ADDRESSES or attribute.startswith("on"):
            raise ValueError(f"attribute {attribute!r} can carry code or an address; the page does without it")
        if value is None or value is False:
            continue
        written.append(Markup(" ") + text(attribute))
        if value is not True:
            written.append(Markup('="') + text(str(value)) + Markup('"'))
    if tag in EMPTY:
        return Markup("").join([*written, Markup(">")])
    inside = [child if isinstance(child, Markup) else text(child) for child in children]
    return Markup("").join([*written, Markup(">"), *inside, Markup("</"), text(tag), Markup(">")])


def aside(words: str) -> Markup:
    """Words for a screen reader only."""
    return element("span", words, class_="cb-aside")


def facts(*parts: str | None) -> str:
    """What is known, joined by middle dots.

    >>> facts("Jane Roe", None, "2025-02-12")
    'Jane Roe · 2025-02-12'
    """
    return " · ".join(part for part in parts if part)


def shortened(value: str, limit: int) -> str:
    """At most `limit` characters of `value` on one line, cut at a word with an ellipsis.

    >>> shortened("The quick brown\\nfox jumps", 17)
    'The quick brown…'
    """
    line = " ".join(value.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip() + "…"


def card(title: str, message: str | Markup, *more: Markup, kind: str = "note") -> Markup:
    """A boxed message. `kind` is "note", "refusal" or "error"; an error is announced to screen readers at once."""
    role = "alert" if kind == "error" else None
    return element(
        "div", element("h4", title), element("p", message), *more, class_=f"cb-card cb-card-{kind}", role=role
    )


def part_button(words: str, document_id: str, around: int, *, view: str | None = None) -> Markup:
    """A button that opens another part of a document in the source pane."""
    return element(
        "button",
        words,
        type="button",
        class_="cb-part",
        data_event="open",
        data_document=document_id,
        data_around=around,
        data_view=view,
    )
