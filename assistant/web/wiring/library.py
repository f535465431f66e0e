"""Adding, choosing and removing documents, and how they come to be."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from assistant.following import Following
from assistant.web.chat import Talk, welcome
from assistant.web.library import indexing, list_documents, remove, remove_copies, removed_markup, scope_markup
from assistant.web.render import card
from index import CitebackError

from .whole import QUIET, WAITING, Whole


def wire_library(blocks: Any, page: Whole) -> None:
    assistant, library, chat = page.assistant, page.library, page.chat
    outputs = [library.status, library.upload, library.listing, chat.transcript]

    def listed(wanted: str, talk: Talk) -> Markup:
        return list_documents(assistant, wanted, talk.scope)

    def indexed(following: Following, wanted: str, talk: Talk) -> Iterator[tuple[Any, ...]]:
        before = -1
        for markup in indexing(following):
            # What has been read can be opened and searched while the rest is not.
            there = assistant.index.counts()[0]
            listing = gr.skip() if there == before else listed(wanted, talk)
            before = there
            yield markup, None, listing, gr.skip()  # the drop area is free again at once
        greeting = gr.skip() if talk.conversation.turns or talk.asking else welcome(assistant)
        yield gr.skip(), gr.skip(), listed(wanted, talk), greeting

    def add(paths: list[str] | None, wanted: str, talk: Talk) -> Iterator[tuple[Any, ...]]:
        try:
            files: list[str | Path] = [*(paths or [])]
            adding = assistant.behind(lambda progress: assistant.add_files(files, progress=progress))
            yield from indexed(adding, wanted, talk)
        finally:
            remove_copies(paths or [])

    def look_again(wanted: str, talk: Talk) -> Iterator[tuple[Any, ...]]:
        # Whoever looks asks for it: what failed is tried again.
        looking = assistant.behind(lambda progress: assistant.sync(progress=progress, retry=True))
        yield from indexed(looking, wanted, talk)

    def first_sync(wanted: str, talk: Talk) -> Iterator[tuple[Any, ...]]:
        if assistant.following and assistant.following.running:
            yield from indexed(assistant.following, wanted, talk)
        else:
            # A generator that ends without a word empties what it is wired to.
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()

    writing = {"concurrency_limit": 1, "concurrency_id": "index", **QUIET}  # the index has one writer
    state = [library.wanted, chat.talk]
    library.upload.upload(add, [library.upload, *state], outputs, **writing)
    library.folder.upload(add, [library.folder, *state], outputs, **writing)
    library.refresh.click(look_again, state, outputs, **writing)
    library.status.again(look_again, state, outputs, **writing)
    library.wanted.change(listed, state, library.listing, trigger_mode="always_last", **QUIET)
    watching = {"concurrency_limit": WAITING, "concurrency_id": "watching", **QUIET}
    blocks.load(first_sync, state, outputs, **watching)
    wire_choosing(page, listed, writing)
    wire_ticking(page, listed)


def wire_choosing(page: Whole, listed: Callable[[str, Talk], Markup], writing: dict[str, Any]) -> None:
    assistant, library, chat = page.assistant, page.library, page.chat

    def scope(wanted: str, talk: Talk, event: gr.EventData) -> tuple[Any, ...]:
        chosen = str(event.document)
        kept = tuple(each for each in talk.scope if each != chosen)
        return scoped(wanted, replace(talk, scope=kept if chosen in talk.scope else (*talk.scope, chosen)))

    def scoped(wanted: str, talk: Talk) -> tuple[Any, ...]:
        return talk, scope_markup(assistant, talk.scope), listed(wanted, talk)

    def all_again(wanted: str, talk: Talk) -> tuple[Any, ...]:
        return scoped(wanted, replace(talk, scope=()))

    def take_out(wanted: str, talk: Talk, event: gr.EventData) -> tuple[Any, ...]:
        try:
            gone = remove(assistant, event.document)
        except (CitebackError, OSError) as error:
            told = card("This document could not be removed", str(error), kind="error")
            return told, gr.skip(), *scoped(wanted, talk)
        left = replace(talk, scope=tuple(each for each in talk.scope if each != gone.id))
        return removed_markup(gone), (gone,), *scoped(wanted, left)

    def put_back(wanted: str, talk: Talk, removed: tuple[Any, ...]) -> tuple[Any, ...]:
        assistant.index.add(removed)
        return "", (), *scoped(wanted, talk)

    state = [library.wanted, chat.talk]
    outputs = [chat.talk, chat.scope, library.listing]
    library.listing.scope(scope, state, outputs, **QUIET)
    chat.scope.all(all_again, state, outputs, **QUIET)
    library.listing.remove(take_out, state, [library.status, library.removed, *outputs], **writing)
    library.status.restore(put_back, [*state, library.removed], [library.status, library.removed, *outputs], **writing)


def wire_ticking(page: Whole, listed: Callable[[str, Talk], Markup]) -> None:
    assistant, library = page.assistant, page.library
    seen = gr.State(None)

    def tick(wanted: str, talk: Talk, seen: Any) -> tuple[Any, ...]:
        now = assistant.index.counts()
        # An open menu or a focus would be lost for nothing.
        return (gr.skip(), now) if seen == now else (listed(wanted, talk), now)

    library.ticking.tick(tick, [library.wanted, page.chat.talk, seen], [library.listing, seen], **QUIET)
