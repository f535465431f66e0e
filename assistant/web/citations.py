"""How a citation is shown in an answer: its mark, and in full below."""

from collections.abc import Collection, Mapping

from markupsafe import Markup

from assistant.schema import Citation, Place
from assistant.standing import Standing

from .render import element, facts, shortened


def chip(citation: Citation, turn: int) -> Markup:
    """The numbered mark behind a sentence; a click on it opens the source at the quote."""
    where = facts(citation.title, citation.author, citation.locator)
    return element(
        "button",
        str(citation.number),
        type="button",
        class_="cb-chip",
        aria_label=f"Citation {citation.number}: {where}",
        # What the page shows on hovering.
        data_quote=shortened(citation.quote, 320),
        data_title=citation.title,
        data_who=facts(citation.author, citation.publisher, citation.date, citation.locator),
        data_event="cite",
        data_turn=turn,
        data_number=citation.number,
    )


def citation_list(
    citations: tuple[Citation, ...], turn: int, changed: Mapping[Place, Standing], said: Collection[str] = ()
) -> Markup:
    """The citations in full; the quotes that the answer is made of are not shown again."""
    if not citations:
        return Markup("")
    entries = [
        element(
            "li",
            _passage(citation, turn, changed.get(citation.place)),
            class_="cb-same" if citation.quote in said else None,
        )
        for citation in citations
    ]
    return element("ol", *entries, class_="cb-citations")


def _passage(citation: Citation, turn: int, standing: Standing | None) -> Markup:
    """A citation in full: number, quote, where it is from, and what became of it."""
    who = facts(citation.author, citation.publisher, citation.date, citation.locator)
    return element(
        "button",
        element("span", str(citation.number), class_="cb-number"),
        element("span", citation.quote, class_="cb-quote"),
        element("span", element("cite", citation.title), " ", who, class_="cb-where"),
        element("span", f"⚠ {standing.words}", class_="cb-changed") if standing else "",
        type="button",
        class_="cb-citation",
        data_event="cite",
        data_turn=turn,
        data_number=citation.number,
    )
