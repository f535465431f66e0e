"""The chat panel: questions and answers of one conversation, as a stream of states of the page."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from assistant.errors import ConversationNotFound
from assistant.schema import (
    Citation,
    Conversation,
    Delta,
    Event,
    Finished,
    Place,
    Retrieved,
    Sentence,
)
from assistant.standing import Standing
from index import CitebackError, ScoredChunk

from .answer import Draft, failed_markup, turn_markup
from .render import element, join, shortened

if TYPE_CHECKING:
    from assistant import Assistant

SUGGESTIONS: Final = 4
FURTHER: Final = 3
# States that follow one another faster than this are not worth sending: nobody sees the first.
SOON: Final = 0.08  # seconds
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Talk:
    """What a visitor has before them.

    `id` is the conversation's once it is kept. `asking` is the question under way; with `as_it_stands` the next one is
    searched for without a rewrite. `changed` is what had become of citations when the conversation was reopened.
    """

    conversation: Conversation = field(default_factory=Conversation)
    id: str | None = None
    asking: str = ""
    as_it_stands: bool = False
    changed: Mapping[Place, Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatPanel:
    """The panel's components, for wiring.

    `talk` and `chosen`, ids of the documents that are asked (all where none is), are one visitor's, kept by Gradio for
    the session.
    """

    talk: Any
    chosen: Any
    transcript: Any
    question: Any
    send: Any
    stop: Any
    hint: Any
    scope: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One state of the panel while a question is answered.

    `transcript` and `box`, what the question box shall hold, are None where they stay as they are; `cited` is a
    citation to open; with `bare` there is none to be open, since what was asked is not answered.
    """

    transcript: Markup | None
    talk: Talk
    hint: str = ""
    box: str | None = None
    cited: Citation | None = None
    bare: bool = False


def build_chat() -> ChatPanel:
    """The panel. Its transcript's events "cite", "ask", "edit" and "judge" carry what was clicked."""
    talk, chosen = gr.State(Talk()), gr.State(())
    transcript = gr.HTML(
        value="",
        elem_id="cb-transcript",
        apply_default_css=False,
        js_on_load="citeback.transcript(element, trigger, watch, ['cite', 'ask', 'edit', 'judge']);",
    )
    scope = gr.HTML(
        value="",
        elem_id="cb-scope",
        apply_default_css=False,
        js_on_load="citeback.passClicksOn(element, trigger, ['all']);",
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
        stop = gr.Button("Stop", variant="secondary", elem_id="cb-stop", scale=0, min_width=84)
    hint = gr.HTML(
        value="",
        elem_id="cb-hint",
        apply_default_css=False,
        js_on_load="citeback.passClicksOn(element, trigger, ['judge']);",
    )
    return ChatPanel(talk, chosen, transcript, question, send, stop, hint, scope)


def steps(
    assistant: "Assistant", talk: Talk, question: str, scope: Sequence[str] = (), *, typed: bool = True
) -> Iterator[Step]:
    """The panel's states from asking to the finished answer (or a card that says what went wrong).

    `scope` are ids of the documents to ask, all where empty. A question that was `typed` leaves the box. An error
    leaves the conversation as it was, so the next question goes on from there.
    """
    if talk.asking:
        yield Step(None, talk, hint="Wait for this answer, or stop it; your next question stays in the box.")
        return
    if not question.strip():
        shown = transcript_markup(talk) if talk.conversation.turns else welcome(assistant)
        yield Step(shown, talk, hint="Type a question first.")
        return
    try:
        chat = _chat(assistant, talk)
    except CitebackError as error:
        yield Step(None, talk, hint=str(error))
        return
    # What another window has added to the conversation is shown too.
    talk = replace(talk, conversation=chat.conversation, id=chat.id)
    turn, before = len(talk.conversation.turns), turns_markup(talk)

    def shown_as(last: Markup, talk: Talk) -> Markup:
        return _talk_markup(before + last, talk)

    draft = Draft.of(question)
    asking = replace(talk, asking=question)
    yield Step(shown_as(turn_markup(draft, turn), asking), asking, box="" if typed else None)
    found: Sequence[ScoredChunk] = ()
    shown_at = time.monotonic()
    try:
        known = assistant.index.infos(scope)
        where = {"id": "\n".join(known)} if known else None
        for event in chat.stream(question, where=where, standalone=question if talk.as_it_stands else None):
            draft = draft.plus(event)
            if isinstance(event, Retrieved):
                found = event.passages
            if isinstance(event, Finished):
                longer = Talk(chat.conversation, chat.id, changed=talk.changed)
                first = next(iter(event.answer.citations), None)
                last = turn_markup(draft, turn) + _further(assistant.further(event.answer, found, FURTHER))
                bare = event.answer.refusal is not None
                yield Step(shown_as(last, longer), longer, hint=chat.not_kept, cited=first, bare=bare)
            elif isinstance(event, Delta):
                continue  # the sentence that follows says how its text is to be shown
            elif _is_news(event, draft) or time.monotonic() - shown_at > SOON:
                yield Step(shown_as(turn_markup(draft, turn), asking), asking)
                shown_at = time.monotonic()
    except CitebackError as error:
        failed = failed_markup(question, "This question could not be answered", str(error), turn)
        yield Step(shown_as(failed, talk), talk, box=question if typed else None)
    except Exception:
        log.exception("answering failed")
        words = "Something unexpected went wrong; the terminal that runs Citeback shows what. You can ask on."
        failed = failed_markup(question, "Unexpected error", words, turn)
        yield Step(shown_as(failed, talk), talk, box=question if typed else None)


def _is_news(event: Event, draft: Draft) -> bool:
    """Whether it is the first sentence: somebody waits for it."""
    return isinstance(event, Sentence) and len(draft.answer.sentences) == 1


def stopped(assistant: "Assistant", talk: Talk, typed: str = "") -> Step:
    """The panel after an answer was stopped: as it was before, the question in the box again unless more is `typed`."""
    shown = transcript_markup(talk) if talk.conversation.turns else welcome(assistant)
    calm = replace(talk, asking="")
    if typed.strip():
        return Step(shown, calm, hint=f"Stopped: {shortened(talk.asking, 120)}")
    return Step(shown, calm, hint="Stopped. Your question is in the box." if talk.asking else "", box=talk.asking)


def _chat(assistant: "Assistant", talk: Talk) -> Any:
    """The conversation to go on with; where it was deleted meanwhile, a new one that holds what was said."""
    try:
        return assistant.chat(talk.id, keep=True)
    except ConversationNotFound:
        again: str | None = None
        for turn in talk.conversation.turns:
            again = assistant.history.append(turn.answer, again)
        return assistant.chat(again, keep=True)


def turns_markup(talk: Talk) -> Markup:
    """The finished turns, oldest first."""
    turns = enumerate(talk.conversation.turns)
    return join([turn_markup(Draft(turn.answer, doing=""), number, talk.changed) for number, turn in turns])


def transcript_markup(talk: Talk) -> Markup:
    """The conversation as it was left, with its exports."""
    return _talk_markup(turns_markup(talk), talk)


def _talk_markup(turns: Markup, talk: Talk) -> Markup:
    """Turns within what tells the page which conversation they are of; exports where it is kept."""
    parts = [turns]
    if talk.id and not talk.asking:
        forms = (("docx", "Word"), ("html", "HTML"), ("md", "Markdown"), ("json", "JSON"))
        buttons = [element("button", name, type="button", data_download=f"{talk.id}.{form}") for form, name in forms]
        parts.append(element("p", "Save this conversation with footnotes: ", *buttons, class_="cb-saving"))
    return element("div", *parts, class_="cb-talk", data_conversation=talk.id or "")


def _further(questions: Sequence[str]) -> Markup:
    if not questions:
        return Markup("")
    chips = [element("button", each, type="button", data_event="ask", data_question=each) for each in questions]
    return element("div", element("p", "The passages found also speak of:"), *chips, class_="cb-further")


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
