"""Asking, stopping, editing, starting anew, judging."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import gradio as gr
from markupsafe import Markup

from assistant.schema import Conversation, Judgement
from assistant.web.chat import ChatPanel, Step, Talk, steps, stopped, welcome
from assistant.web.render import card, element
from assistant.web.source import NOTHING_OPEN, cited_source
from index import CitebackError

from .clicks import clicked_question, judged_turn
from .whole import QUIET, Whole, key_of

NOTE: Final = 500  # characters
# Keeps what a reader says of a turn, and why.
Keep = Callable[[Conversation, int, Judgement, str], str]


def wire_chat(page: Whole, fresh: Any) -> list[Any]:
    """The events that ask, for others to cancel."""
    assistant, chat = page.assistant, page.chat

    def ask(question: str, talk: Talk, chosen: tuple[str, ...], *, typed: bool = True) -> Iterator[tuple[Any, ...]]:
        for step in steps(assistant, talk, question, chosen, typed=typed):
            opened = card(*NOTHING_OPEN) if step.bare else None
            if step.cited:
                last = len(step.talk.conversation.turns) - 1
                opened = cited_source(assistant, step.cited, opened=key_of(last, step.cited.number))
            yield page.shown(step, source=opened)

    def ask_suggested(talk: Talk, chosen: tuple[str, ...], event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from ask(str(event.question), talk, chosen, typed=False)

    def edit(talk: Talk, event: gr.EventData) -> tuple[Any, ...]:
        standalone = getattr(event, "what", "") == "standalone"
        hint = "What you send now is searched for as it stands." if standalone else ""
        question = clicked_question(talk.conversation, event.turn, standalone=standalone)
        return question, replace(talk, as_it_stands=standalone), hint

    def stop(talk: Talk, typed: str) -> tuple[Any, ...]:
        return page.shown(stopped(assistant, talk, typed))

    def start_over() -> tuple[Any, ...]:
        return page.shown(Step(welcome(assistant), Talk()), source=card(*NOTHING_OPEN))

    asking = {"fn": ask, "inputs": [chat.question, chat.talk, chat.chosen], "outputs": page.outputs, **QUIET}
    asked = [
        chat.question.submit(**asking),
        chat.send.click(**asking),
        chat.transcript.ask(ask_suggested, [chat.talk, chat.chosen], page.outputs, **QUIET),
    ]
    chat.transcript.edit(edit, chat.talk, [chat.question, chat.talk, chat.hint], **QUIET)
    chat.stop.click(stop, [chat.talk, chat.question], page.outputs, cancels=asked, **QUIET)
    fresh.click(start_over, None, page.outputs, cancels=asked, **QUIET)
    return asked


def wire_judging(keep: Keep, chat: ChatPanel) -> None:
    """Keeps what a reader says of an answer."""

    def judge(talk: Talk, event: gr.EventData) -> Any:
        judged = judged_turn(talk.conversation, event.turn, event.judgement)
        if judged is None:
            return gr.skip()
        turn, judgement = judged
        note = " ".join(str(getattr(event, "note", "")).split())[:NOTE]
        try:
            kept = keep(talk.conversation, turn, judgement, note)
            return element("p", kept, role="status") + ("" if note else _why(turn, judgement))
        except (CitebackError, OSError) as error:
            return card("This could not be kept", str(error), kind="error")

    for component in (chat.transcript, chat.hint):
        component.judge(judge, chat.talk, chat.hint, concurrency_limit=1, concurrency_id="judging", **QUIET)


def _why(turn: int, judgement: Judgement) -> Markup:
    """Asks what there is to say of it."""
    field = element("input", type="text", name="note", maxlength=NOTE, placeholder="Why? (optional)", aria_label="Why?")
    add = element("button", "Add", type="button", data_event="judge", data_turn=turn, data_judgement=judgement)
    return element("p", field, add, class_="cb-why")
