"""The conversations panel: those that were kept, to be found, reopened, renamed and deleted."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from assistant.history import Kept
from index import CitebackError

from .chat import Talk
from .render import card, element, facts

if TYPE_CHECKING:
    from assistant import Assistant

# More than this are reached by searching.
ROWS: Final = 100
MANY: Final = 6


@dataclass(frozen=True, slots=True)
class ConversationsPanel:
    """The panel's components, for wiring."""

    listing: Any
    wanted: Any


def build_conversations() -> ConversationsPanel:
    """The panel. Its listing's events "reopen", "rename" and "delete" name the conversation."""
    listing = gr.HTML(
        value="",
        elem_id="cb-conversations",
        apply_default_css=False,
        js_on_load="citeback.conversations(element, trigger, watch, ['reopen', 'rename', 'delete']);",
    )
    wanted = gr.Textbox(
        placeholder="Search conversations", show_label=False, label="Search conversations", elem_id="cb-recall"
    )
    return ConversationsPanel(listing, wanted)


def list_conversations(assistant: "Assistant", wanted: str = "", current: str | None = None) -> Markup:
    """The conversations whose title, questions or answers hold the words, the last one first."""
    try:
        found = assistant.history.conversations(wanted)
    except CitebackError as error:
        return card("Conversations cannot be shown", str(error), kind="error")
    parts = [element("h2", "Conversations ", element("span", f"{len(found):,}", class_="cb-count"))]
    if not found:
        none = "None holds these words." if wanted.strip() else "What you ask is kept here."
        parts.append(element("p", none, class_="cb-hint"))
    now = datetime.now(UTC)
    parts.append(element("ul", *(_row(kept, current, now) for kept in found[:ROWS])))
    if len(found) > ROWS:
        parts.append(element("p", f"{len(found) - ROWS:,} more: search for their words.", class_="cb-hint"))
    return element("nav", *parts, aria_label="Conversations", data_many=bool(wanted.strip()) or len(found) > MANY)


def _row(kept: Kept, current: str | None, now: datetime) -> Markup:
    asked = f"{kept.turns} {'question' if kept.turns == 1 else 'questions'}"
    named = {"data_conversation": kept.id}
    opener = element(
        "button",
        element("span", kept.title, class_="cb-title"),
        element("span", facts(asked, ago(kept.changed, now)), class_="cb-who"),
        type="button",
        data_event="reopen",
        aria_current="true" if kept.id == current else None,
        **named,
    )
    more = element(
        "details",
        element("summary", "⋯", aria_label=f"More about {kept.title}"),
        element("button", "Rename", type="button", data_rename=kept.title, **named),
        element("button", "Delete for good", type="button", data_event="delete", **named),
        class_="cb-more",
    )
    return element("li", opener, more)


def ago(moment: str, now: datetime) -> str:
    """How long ago a moment in ISO 8601 was, roughly.

    >>> ago("2031-05-01T10:00:00+00:00", datetime(2031, 5, 1, 12, 30, tzinfo=UTC))
    '2 h ago'
    >>> ago("2031-05-01T10:00:00+00:00", datetime(2031, 5, 9, tzinfo=UTC))
    '2031-05-01'
    """
    minutes = (now - datetime.fromisoformat(moment)).total_seconds() / 60
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes:.0f} min ago"
    return f"{minutes // 60:.0f} h ago" if minutes < 24 * 60 else moment[:10]


def reopened(assistant: "Assistant", conversation: object) -> Talk | str:
    """The conversation that was clicked, or why it cannot be opened."""
    try:
        found = assistant.history.load(str(conversation))
        return Talk(found, str(conversation), changed=assistant.changed(found))
    except CitebackError as error:
        return str(error)


def renamed(assistant: "Assistant", conversation: object, title: object) -> str:
    """Nothing where the conversation has its new title now, else why not."""
    try:
        assistant.history.rename(str(conversation), str(title))
    except CitebackError as error:
        return str(error)
    return ""


def deleted(assistant: "Assistant", conversation: object) -> str:
    """Nothing where the conversation is gone now, else why not."""
    try:
        assistant.history.delete(str(conversation))
    except CitebackError as error:
        return str(error)
    return ""
