"""Finding, reopening, renaming and deleting conversations, and what a page begins with."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from assistant.web.chat import Step, Talk, transcript_markup, welcome
from assistant.web.conversations import deleted, list_conversations, renamed, reopened
from assistant.web.render import card
from assistant.web.source import NOTHING_OPEN

from .whole import QUIET, Whole


def wire_conversations(blocks: Any, page: Whole, asked: list[Any]) -> None:
    """Reopening, renaming, deleting, and what a page begins with; `asked` are the events that ask."""
    assistant, panel, chat = page.assistant, page.conversations, page.chat

    def listed(wanted: str, talk: Talk) -> Markup:
        return list_conversations(assistant, wanted, talk.id)

    def opened(talk: Talk) -> tuple[Any, ...]:
        return page.shown(Step(transcript_markup(talk), talk), source=card(*NOTHING_OPEN))

    def reopen(talk: Talk, wanted: str, event: gr.EventData) -> tuple[Any, ...]:
        found = reopened(assistant, event.conversation)
        if isinstance(found, str):
            return gr.skip(), gr.skip(), found, gr.skip(), gr.skip(), listed(wanted, talk)
        return *opened(found), listed(wanted, found)

    def rename(talk: Talk, wanted: str, event: gr.EventData) -> tuple[Any, ...]:
        return renamed(assistant, event.conversation, event.title), listed(wanted, talk)

    def delete(talk: Talk, wanted: str, event: gr.EventData) -> tuple[Any, ...]:
        told = deleted(assistant, event.conversation)
        if told or str(event.conversation) != talk.id:
            return gr.skip(), gr.skip(), told, gr.skip(), gr.skip(), listed(wanted, talk)
        fresh = page.shown(Step(welcome(assistant), Talk()), source=card(*NOTHING_OPEN))
        return *fresh, listed(wanted, Talk())

    def load(request: gr.Request) -> tuple[Any, ...]:
        wanted = dict(request.query_params).get("c") if request else None
        found = reopened(assistant, wanted) if wanted else ""
        talk = found if isinstance(found, Talk) else Talk()
        shown = transcript_markup(talk) if talk.id else welcome(assistant)
        return shown, talk, found if isinstance(found, str) else "", page.documents(), listed("", talk)

    inputs, outputs = [chat.talk, panel.wanted], [*page.outputs, panel.listing]
    panel.listing.reopen(reopen, inputs, outputs, cancels=asked, **QUIET)
    panel.listing.rename(rename, inputs, [chat.hint, panel.listing], **QUIET)
    panel.listing.delete(delete, inputs, outputs, cancels=asked, **QUIET)
    searched = [panel.wanted, chat.talk]
    panel.wanted.change(listed, searched, panel.listing, trigger_mode="always_last", **QUIET)
    for event in asked:
        event.then(listed, searched, panel.listing, **QUIET)
    blocks.load(load, None, [chat.transcript, chat.talk, chat.hint, page.library.listing, panel.listing], **QUIET)
