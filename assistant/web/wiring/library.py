"""Adding, choosing and removing documents, and how they come to be."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.following import Following
from assistant.web.chat import Talk, welcome
from assistant.web.library import (
    indexing,
    put_back,
    remove,
    removed_markup,
    scope_markup,
)
from assistant.web.render import card
from index import CitebackError

from .whole import QUIET, WAITING, Whole


def wire_library(blocks: Any, page: Whole) -> None:
    """Adding documents and looking for changes, with what is told meanwhile; who may not write has no such events."""
    assistant, library, chat = page.assistant, page.library, page.chat
    outputs = [library.status, library.upload, library.listing, chat.transcript]

    def indexed(following: Following, wanted: str, chosen: Sequence[str], talk: Talk) -> Iterator[tuple[Any, ...]]:
        before = -1
        for markup in indexing(following):
            # What has been read can be opened and searched while the rest is not.
            there = assistant.index.counts()[0]
            listing = gr.skip() if there == before else page.documents(wanted, chosen)
            before = there
            yield markup, None, listing, gr.skip()  # the drop area is free again at once
        greeting = gr.skip() if talk.conversation.turns or talk.asking else welcome(assistant)
        yield gr.skip(), gr.skip(), page.documents(wanted, chosen), greeting

    def add(paths: list[str] | None, wanted: str, chosen: Sequence[str], talk: Talk) -> Iterator[tuple[Any, ...]]:
        files: list[str | Path] = [*(paths or [])]
        adding = assistant.behind(lambda progress: assistant.add_files(files, progress=progress))
        yield from indexed(adding, wanted, chosen, talk)

    def add_url(url: str, wanted: str, chosen: Sequence[str], talk: Talk) -> Iterator[tuple[Any, ...]]:
        fetching = assistant.behind(lambda progress: assistant.add_url(url, progress=progress))
        yield from indexed(fetching, wanted, chosen, talk)

    def look_again(wanted: str, chosen: Sequence[str], talk: Talk) -> Iterator[tuple[Any, ...]]:
        # Whoever looks asks for it: what failed is tried again.
        looking = assistant.behind(lambda progress: assistant.sync(progress=progress, retry=True))
        yield from indexed(looking, wanted, chosen, talk)

    def first_sync(wanted: str, chosen: Sequence[str], talk: Talk) -> Iterator[tuple[Any, ...]]:
        if assistant.following and assistant.following.running:
            yield from indexed(assistant.following, wanted, chosen, talk)
        else:
            # A generator that ends without a word empties what it is wired to.
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()

    writing = {"concurrency_limit": 1, "concurrency_id": "index", **QUIET}  # the index has one writer
    state = [library.wanted, chat.chosen, chat.talk]
    if page.may_write:
        library.upload.upload(add, [library.upload, *state], outputs, **writing)
        library.folder.upload(add, [library.folder, *state], outputs, **writing)
        library.url.submit(add_url, [library.url, *state], outputs, **writing)
        library.refresh.click(look_again, state, outputs, **writing)
        library.status.again(look_again, state, outputs, **writing)
    library.wanted.change(page.documents, state[:2], library.listing, trigger_mode="always_last", **QUIET)
    watching = {"concurrency_limit": WAITING, "concurrency_id": "watching", **QUIET}
    blocks.load(first_sync, state, outputs, **watching)
    wire_choosing(page)
    if page.may_write:
        wire_removing(page, writing)


def wire_choosing(page: Whole) -> None:
    """Choosing which documents are asked."""
    assistant, library, chat = page.assistant, page.library, page.chat

    def scoped(wanted: str, chosen: tuple[str, ...]) -> tuple[Any, ...]:
        return chosen, scope_markup(assistant, chosen), page.documents(wanted, chosen)

    def scope(wanted: str, chosen: tuple[str, ...], event: gr.EventData) -> tuple[Any, ...]:
        clicked = str(event.document)
        others = tuple(each for each in chosen if each != clicked)
        return scoped(wanted, others if clicked in chosen else (*chosen, clicked))

    def all_again(wanted: str) -> tuple[Any, ...]:
        return scoped(wanted, ())

    def tick(wanted: str, chosen: tuple[str, ...], seen: Any) -> tuple[Any, ...]:
        now = assistant.index.counts()
        if seen == now:  # an open menu or a focus would be lost for nothing
            return gr.skip(), gr.skip(), gr.skip(), now
        return *scoped(wanted, tuple(assistant.index.infos(chosen))), now

    seen = gr.State(None)
    state = [library.wanted, chat.chosen]
    outputs = [chat.chosen, chat.scope, library.listing]
    library.listing.scope(scope, state, outputs, **QUIET)
    chat.scope.all(all_again, library.wanted, outputs, **QUIET)
    library.ticking.tick(tick, [*state, seen], [*outputs, seen], **QUIET)


def wire_removing(page: Whole, writing: dict[str, Any]) -> None:
    """Removing documents and putting them back."""
    assistant, library, chat = page.assistant, page.library, page.chat

    def scoped(wanted: str, chosen: tuple[str, ...]) -> tuple[Any, ...]:
        return chosen, scope_markup(assistant, chosen), page.documents(wanted, chosen)

    def take_out(
        wanted: str, chosen: tuple[str, ...], removed: tuple[Any, ...], event: gr.EventData
    ) -> tuple[Any, ...]:
        try:
            gone = remove(assistant, event.document)
        except (CitebackError, OSError) as error:
            told = card("This document could not be removed", str(error), kind="error")
            return told, removed, *scoped(wanted, chosen)
        removed = (*removed, gone)
        return (
            removed_markup(removed),
            removed,
            *scoped(wanted, tuple(each for each in chosen if each != gone.document.id)),
        )

    def restore(wanted: str, chosen: tuple[str, ...], removed: tuple[Any, ...]) -> tuple[Any, ...]:
        try:
            put_back(assistant, removed)
        except (CitebackError, OSError) as error:
            return card("They could not be put back", str(error), kind="error"), removed, *scoped(wanted, chosen)
        return "", (), *scoped(wanted, chosen)

    state = [library.wanted, chat.chosen, library.removed]
    told = [library.status, library.removed, chat.chosen, chat.scope, library.listing]
    library.listing.remove(take_out, state, told, **writing)
    library.status.restore(restore, state, told, **writing)
