"""The chat panel: questions and answers of one conversation, as a stream of states of the page."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from assistant.schema import Citation, Conversation, Delta, Finished, Judgement
from index import CitebackError

from .answer import JUDGEMENTS, Draft, failed_markup, shown_citations, turn_markup
from .render import element, join

if TYPE_CHECKING:
    from assistant import Assistant

SUGGESTIONS: Final = 4
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChatPanel:
    """The panel's components, for wiring. `conversation` is one user's, kept by Gradio for the session."""

    conversation: Any
    transcript: Any
    question: Any
    send: Any
    hint: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One state of the panel while a question is answered.

    `box` is what the question box shall hold, None to leave it as it is; `cited` is a citation to open.
    """

    transcript: Markup
    conversation: Conversation
    hint: str = ""
    box: str | None = None
    cited: Citation | None = None


def build_chat(script: str) -> ChatPanel:
    """The panel. Its transcript's events "cite", "ask", "edit" and "judge" carry what was clicked."""
    conversation = gr.State(Conversation())
    transcript = gr.HTML(
        value="",
        elem_id="cb-transcript",
        apply_default_css=False,
        js_on_load=f"{script}\ntranscript(element, trigger, watch, ['cite', 'ask', 'edit', 'judge']);",
    )
    with gr.Row(elem_id="cb-composer"):
        question = gr.Textbox(
            label="Your question",
            placeholder="Ask about the documents",
            show_label=False,
            container=False,
            lines=1,
            max_lines=6,
            autofocus=True,
            elem_id="cb-ask-box",
            scale=1,
        )
        send = gr.Button("Ask", variant="primary", elem_id="cb-send", scale=0, min_width=84)
    hint = gr.HTML(value="", elem_id="cb-hint", apply_default_css=False, js_on_load=None)
    return ChatPanel(conversation, transcript, question, send, hint)


def steps(assistant: "Assistant", conversation: Conversation, question: str) -> Iterator[Step]:
    """The panel's states from asking to the finished answer (or a card that says what went wrong).

    An error leaves the conversation as it was, so the next question goes on from there.
    """
    turn = len(conversation.turns)
    before = transcript_markup(conversation)
    if not question.strip():
        yield Step(before or welcome(assistant), conversation, hint="Type a question first.")
        return
    draft = Draft.of(question)
    yield Step(before + turn_markup(draft, turn), conversation, box="")
    try:
        for event in assistant.stream(conversation, question):
            draft = draft.plus(event)
            if isinstance(event, Finished):
                longer = conversation.plus(event.answer)
                first = next(iter(event.answer.citations), None)
                yield Step(before + turn_markup(draft, turn), longer, cited=first)
            elif not isinstance(event, Delta):  # the sentence that follows says how its text is to be shown
                yield Step(before + turn_markup(draft, turn), conversation)
    except CitebackError as error:
        failed = failed_markup(question, "This question could not be answered", str(error), turn)
        yield Step(before + failed, conversation, box=question)
    except Exception:
        log.exception("answering failed")
        words = "Something unexpected went wrong; the terminal that runs Citeback shows what. You can ask on."
        yield Step(before + failed_markup(question, "Unexpected error", words, turn), conversation, box=question)


def transcript_markup(conversation: Conversation) -> Markup:
    """The finished turns, oldest first."""
    turns = enumerate(conversation.turns)
    return join([turn_markup(Draft(turn.answer, doing=""), number) for number, turn in turns])


def welcome(assistant: "Assistant") -> Markup:
    """What an empty chat shows: what this is, and questions the documents can answer."""
    chips = [
        element("button", question, type="button", data_event="ask", data_question=question)
        for question in assistant.suggestions(SUGGESTIONS)
    ]
    if chips:
        invitation = "Ask a question, or start with one of these:"
    elif assistant.index.documents():
        invitation = "Ask a question."
    else:
        invitation = "Add documents first; then ask about them."
    return element(
        "div",
        element("h2", "Ask your documents"),
        element("p", "Every sentence of an answer leads back to the exact words it stands on. ", invitation),
        element("div", *chips, class_="cb-suggestions"),
        class_="cb-welcome",
    )


def clicked_citation(conversation: Conversation, turn: object, number: object) -> Citation | None:
    """The citation that was clicked; None where there is no such turn or number (the page may be of an older state)."""
    try:
        answer = conversation.turns[_whole(turn)].answer
        return next(cited for cited in shown_citations(answer) if cited.number == _whole(number))
    except (IndexError, StopIteration, ValueError):
        return None


def clicked_question(conversation: Conversation, turn: object) -> str:
    """The standalone question of the turn whose "edit" was clicked, "" where there is no such turn."""
    try:
        return conversation.turns[_whole(turn)].answer.standalone_question
    except (IndexError, ValueError):
        return ""


def judged_turn(conversation: Conversation, turn: object, judgement: object) -> tuple[int, Judgement] | None:
    """The turn that was judged and what was said of it; None where the page cannot have sent that."""
    try:
        place = _whole(turn)
        refused = conversation.turns[place].answer.refusal is not None
    except (IndexError, ValueError):
        return None
    return next(((place, known) for known in JUDGEMENTS[refused] if known == judgement), None)


def _whole(value: object) -> int:
    """A whole number from 0, as the page sends it. Anything else raises ValueError: it did not come from our page."""
    number = int(str(value))
    if number < 0:
        raise ValueError(f"{number} is negative; turns and citations count up")
    return number
