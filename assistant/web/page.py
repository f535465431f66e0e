"""The web page: the panels put together and their events wired."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from assistant.following import Following
from assistant.schema import Conversation, Judgement
from index import CitebackError

from .chat import ChatPanel, build_chat, clicked_citation, clicked_question, judged_turn, steps, welcome
from .library import LibraryPanel, build_library, indexing, list_documents, remove_copies
from .render import card, element
from .source import NOTHING_OPEN, build_source, cited_source, source_markup

if TYPE_CHECKING:
    from assistant import Assistant

# Keeps what a reader says of a turn.
Keep = Callable[[Conversation, int, Judgement], str]
# Questions answered at the same time; Gradio's own default is one, which makes every user wait for the others.
AT_ONCE: Final = 4
WAITING: Final = 64
HOUR: Final = 3600
# Not offered to API clients, and no spinner over the panels: they show themselves what is under way.
QUIET: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}


def build_page(assistant: "Assistant", *, keep: Keep | None = None) -> Any:
    """The page over one assistant, a `gr.Blocks`. Each visitor has a conversation of their own; nothing is shared.

    With `keep`, a reader can say whether an answer is right: it is called with the conversation, the turn and what was
    said of it, and gives back what to tell the reader.
    """
    script = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
    with gr.Blocks(title="Citeback", analytics_enabled=False, fill_width=True, delete_cache=(HOUR, 24 * HOUR)) as page:
        with gr.Row(elem_id="cb-top"):
            gr.HTML(_brand(), elem_id="cb-brand", apply_default_css=False, js_on_load=None)
            fresh = gr.Button("New conversation", elem_id="cb-fresh", size="sm", variant="secondary")
        with gr.Row(elem_id="cb-page", elem_classes=["cb-keeps"] if keep else []):
            with gr.Column(elem_id="cb-library"):
                library = build_library(script, follows_folder=assistant.folder is not None)
            with gr.Column(elem_id="cb-chat"):
                chat = build_chat(script)
            with gr.Column(elem_id="cb-side"):
                source = build_source(script)
        _wire_chat(assistant, chat, source, fresh)
        if keep:
            _wire_judging(keep, chat)
        _wire_library(page, assistant, library, chat, source)
        page.load(
            lambda: (welcome(assistant), list_documents(assistant)), None, [chat.transcript, library.listing], **QUIET
        )
    page.queue(default_concurrency_limit=AT_ONCE, max_size=WAITING, api_open=False)
    return page


def _wire_chat(assistant: "Assistant", chat: ChatPanel, source: Any, fresh: Any) -> None:
    outputs = [chat.transcript, chat.conversation, chat.hint, chat.question, source]

    def ask(question: str, conversation: Conversation) -> Iterator[tuple[Any, ...]]:
        for step in steps(assistant, conversation, question):
            box = gr.skip() if step.box is None else step.box
            opened = gr.skip()
            if step.cited:
                opened = cited_source(assistant, step.cited, opened=_key(len(conversation.turns), step.cited.number))
            yield step.transcript, step.conversation, step.hint, box, opened

    def ask_suggested(conversation: Conversation, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from ask(str(event.question), conversation)

    def cite(conversation: Conversation, event: gr.EventData) -> Any:
        citation = clicked_citation(conversation, event.turn, event.number)
        if citation is None:
            return gr.skip()
        return cited_source(assistant, citation, opened=_key(event.turn, citation.number))

    def edit(conversation: Conversation, event: gr.EventData) -> str:
        return clicked_question(conversation, event.turn)

    def start_over() -> tuple[Any, ...]:
        return welcome(assistant), Conversation(), "", "", card(*NOTHING_OPEN)

    asking = {"fn": ask, "inputs": [chat.question, chat.conversation], "outputs": outputs, **QUIET}
    asked = [
        chat.question.submit(**asking),
        chat.send.click(**asking),
        chat.transcript.ask(ask_suggested, chat.conversation, outputs, **QUIET),
    ]
    chat.transcript.cite(cite, chat.conversation, source, **QUIET)
    chat.transcript.edit(edit, chat.conversation, chat.question, **QUIET)
    fresh.click(start_over, None, outputs, cancels=asked, **QUIET)


def _wire_judging(keep: Keep, chat: ChatPanel) -> None:
    def judge(conversation: Conversation, event: gr.EventData) -> Any:
        judged = judged_turn(conversation, event.turn, event.judgement)
        if judged is None:
            return gr.skip()
        try:
            return element("p", keep(conversation, *judged), role="status")
        except (CitebackError, OSError) as error:
            return card("This could not be kept", str(error), kind="error")

    chat.transcript.judge(judge, chat.conversation, chat.hint, concurrency_limit=1, **QUIET)


def _wire_library(page: Any, assistant: "Assistant", library: LibraryPanel, chat: ChatPanel, source: Any) -> None:
    outputs = [library.status, library.upload, library.listing, chat.transcript]

    def indexed(following: Following, wanted: str, conversation: Conversation) -> Iterator[tuple[Any, ...]]:
        listed = -1
        for markup in indexing(following):
            # What has been read can be opened and searched while the rest is not.
            there, before = assistant.index.counts()[0], listed
            listed = there
            listing = gr.skip() if there == before else list_documents(assistant, wanted)
            yield markup, None, listing, gr.skip()  # the drop area is free again at once
        greeting = gr.skip() if conversation.turns else welcome(assistant)
        yield gr.skip(), gr.skip(), list_documents(assistant, wanted), greeting

    def add(paths: list[str], wanted: str, conversation: Conversation) -> Iterator[tuple[Any, ...]]:
        try:
            files: list[str | Path] = [*paths]
            adding = assistant.behind(lambda progress: assistant.add_files(files, progress=progress))
            yield from indexed(adding, wanted, conversation)
        finally:
            remove_copies(paths)

    def look_again(wanted: str, conversation: Conversation) -> Iterator[tuple[Any, ...]]:
        # Whoever looks asks for it: what failed is tried again.
        looking = assistant.behind(lambda progress: assistant.sync(progress=progress, retry=True))
        yield from indexed(looking, wanted, conversation)

    def first_sync(wanted: str, conversation: Conversation) -> Iterator[tuple[Any, ...]]:
        if assistant.following and assistant.following.running:
            yield from indexed(assistant.following, wanted, conversation)
        else:
            # A generator that ends without a word empties what it is wired to.
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()

    def open_document(event: gr.EventData) -> Markup:
        try:
            document = assistant.index.document(str(event.document))
        except CitebackError as error:
            return card("This document cannot be shown", str(error), kind="error")
        return source_markup(document, around=_offset(event, len(document.text)))

    writing = {"concurrency_limit": 1, "concurrency_id": "index", **QUIET}  # the index has one writer
    state = [library.wanted, chat.conversation]
    library.upload.upload(add, [library.upload, *state], outputs, **writing)
    library.refresh.click(look_again, state, outputs, **writing)
    library.wanted.change(
        lambda wanted: list_documents(assistant, wanted),
        library.wanted,
        library.listing,
        trigger_mode="always_last",
        **QUIET,
    )
    watching = {"concurrency_limit": WAITING, "concurrency_id": "watching", **QUIET}
    page.load(first_sync, state, outputs, **watching)
    library.listing.open(open_document, None, source, **QUIET)
    source.open(open_document, None, source, **QUIET)


def _brand() -> Markup:
    name = element("h1", "Citeback")
    return element("div", name, element("p", "Answers from your documents, every sentence with its source."))


def _key(turn: object, number: int) -> str:
    """How the page knows which citation a source was opened from."""
    return f"{turn}-{number}"


def _offset(event: gr.EventData, length: int) -> int:
    """The place in the document that was asked for, 0 where none was."""
    around = str(getattr(event, "around", "0"))
    return min(int(around), length) if around.isdecimal() else 0
