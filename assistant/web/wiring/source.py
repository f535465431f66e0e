"""Opening citations and documents, and looking around in them."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from assistant.web.chat import Talk
from assistant.web.render import card
from assistant.web.source import cited_source, opened_source, shown_source
from index import CitebackError, Span

from .clicks import clicked_citation, whole_number
from .whole import QUIET, Whole, key_of


def wire_source(page: Whole) -> None:
    """Opening citations, documents, and other parts and views of them."""
    assistant = page.assistant

    def cite(talk: Talk, event: gr.EventData) -> Any:
        citation = clicked_citation(talk.conversation, event.turn, event.number)
        if citation is None:
            return gr.skip()
        return cited_source(assistant, citation, opened=key_of(event.turn, citation.number))

    def open_document(event: gr.EventData) -> Markup:
        view = str(getattr(event, "view", ""))
        return opened_source(assistant, event.document, whole_number(event, "around"), view=view)

    def look(event: gr.EventData) -> Markup:
        start, end = whole_number(event, "around"), whole_number(event, "end")
        try:
            document = assistant.index.document(str(event.document))
        except CitebackError as error:
            return card("This document cannot be shown", str(error), kind="error")
        place = Span(min(start, len(document.text)), min(max(start, end), len(document.text)))
        opened = str(getattr(event, "key", ""))
        return shown_source(assistant, document, place, opened=opened, view=str(event.view))

    page.chat.transcript.cite(cite, page.chat.talk, page.source, **QUIET)
    page.library.listing.open(open_document, None, page.source, **QUIET)
    page.source.open(open_document, None, page.source, **QUIET)
    page.source.view(look, None, page.source, **QUIET)
