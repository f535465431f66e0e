"""The web page: the panels put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from .chat import build_chat
from .conversations import build_conversations
from .library import build_library
from .render import element
from .source import build_source
from .wiring.chat import Keep, wire_chat, wire_judging
from .wiring.conversations import wire_conversations
from .wiring.drawer import wire_drawer
from .wiring.library import wire_library
from .wiring.source import wire_source
from .wiring.whole import WAITING, Whole

if TYPE_CHECKING:
    from assistant import Assistant

# A further panel, built within a column of its own, by the name on its tab.
Panels = Mapping[str, Callable[[], None]]
# Questions answered at the same time; Gradio's own default is one, which makes every user wait for the others.
AT_ONCE: Final = 4
# Uploads are copied at once; what is left of them goes within the hour.
MINUTES, HOUR = 600, 3600
TABS: Final = {"library": "Library", "chat": "Chat", "source": "Source"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, and what they may do here. `libraries` are those they may go to, with where each is."""

    name: str
    libraries: tuple[tuple[str, str], ...] = ()
    here: str = ""
    may_write: bool = True
    may_set: bool = False


def build_page(
    assistant: "Assistant",
    *,
    keep: Keep | None = None,
    panels: Panels | None = None,
    visitor: Visitor | None = None,
) -> Any:
    """The page over one assistant, a `gr.Blocks`. Each visitor has a conversation of their own; nothing is shared.

    With `keep`, a reader can say whether an answer is right: it is called with the conversation, the turn and what was
    said of it, and gives back what to tell the reader. `panels` are shown in the page's place, each by its tab. What a
    `visitor` may not do is not there; without one there are no accounts, and everything is.
    """
    panels = panels or {}
    may_write, may_set = (visitor.may_write, visitor.may_set) if visitor else (True, True)
    with gr.Blocks(title="Citeback", analytics_enabled=False, fill_width=True, delete_cache=(MINUTES, HOUR)) as page:
        with gr.Row(elem_id="cb-top"):
            top = "citeback.topBar(element);"
            gr.HTML(_brand(panels, visitor, may_set), elem_id="cb-brand", apply_default_css=False, js_on_load=top)
            fresh = gr.Button("New conversation", elem_id="cb-fresh", size="sm", variant="secondary")
        with gr.Row(elem_id="cb-page", elem_classes=["cb-keeps"] if keep else []):
            with gr.Column(elem_id="cb-library"):
                conversations = build_conversations()
                library = build_library(
                    follows_folder=assistant.folder is not None,
                    fetches=assistant.settings.fetch_urls,
                    may_write=may_write,
                )
            with gr.Column(elem_id="cb-chat"):
                chat = build_chat()
            with gr.Column(elem_id="cb-side"):
                source = build_source()
        for number, build in enumerate(panels.values()):
            with gr.Column(elem_id=f"cb-panel-{number}", elem_classes=["cb-panel"]):
                build()
        if may_set:
            with gr.Column(elem_id="cb-drawer"):
                wire_drawer(page, assistant)
        whole = Whole(assistant, chat, source, library, conversations, may_write)
        asked = wire_chat(whole, fresh)
        wire_source(whole)
        wire_conversations(page, whole, asked)
        if keep:
            wire_judging(keep, chat)
        wire_library(page, whole)
    # Else Gradio takes any file of this machine that a client names for one the client has uploaded.
    page.has_launched = True
    page.queue(default_concurrency_limit=AT_ONCE, max_size=WAITING, api_open=False)
    return page


def _brand(panels: Panels, visitor: Visitor | None, may_set: bool) -> Markup:
    name = element("h1", "Citeback")
    told = element("p", "Answers from your documents, every sentence with its source.")
    tabs = [
        element("button", words, type="button", data_pane=pane, aria_pressed=str(pane == "chat").lower())
        for pane, words in TABS.items()
    ]
    more = [
        element("button", words, type="button", data_pane=f"panel-{number}", class_="cb-wide")
        for number, words in enumerate(panels)
    ]
    settings = element("button", "Settings", type="button", data_drawer=True, aria_expanded="false", class_="cb-wide")
    theme = element("button", "Theme", type="button", data_theme=True, class_="cb-wide")
    bar = element("div", *tabs, class_="cb-tabs", role="group", aria_label="Panes")
    if may_set:
        more.append(settings)
    whose = _visitor(visitor) if visitor else ""
    return element("div", name, told, bar, element("div", *more, theme, whose, class_="cb-menu"))


def _visitor(visitor: Visitor) -> Markup:
    """The libraries to go to, and who is signed in."""
    places = [
        element("button", name, type="button", data_place=where, aria_current="page" if where == visitor.here else None)
        for where, name in visitor.libraries
    ]
    account = element("button", "Account", type="button", data_place="/account")
    leave = element("button", "Sign out", type="button", data_leave=True)
    nav = element("nav", *places, account, leave, aria_label="Libraries and account")
    return element("details", element("summary", visitor.name), nav, class_="cb-visitor")
