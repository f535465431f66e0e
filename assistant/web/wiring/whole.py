"""All panels of the page, for events that concern several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from assistant.web.chat import ChatPanel, Step
from assistant.web.conversations import ConversationsPanel
from assistant.web.library import LibraryPanel, list_documents

if TYPE_CHECKING:
    from assistant import Assistant

WAITING: Final = 64
# Not offered to API clients, and no spinner over the panels: they show themselves what is under way.
QUIET: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}


@dataclass(frozen=True, slots=True)
class Whole:
    """All panels, for what concerns several."""

    assistant: "Assistant"
    chat: ChatPanel
    source: Any
    library: LibraryPanel
    conversations: ConversationsPanel
    may_write: bool = True

    def documents(self, wanted: str = "", chosen: Sequence[str] = ()) -> Markup:
        """The list of documents, for whoever looks at this page."""
        return list_documents(self.assistant, wanted, chosen, may_write=self.may_write)

    def shown(self, step: Step, *, source: Any = None) -> tuple[Any, ...]:
        """A state of the chat as updates of `outputs`."""
        transcript, box, opened = (gr.skip() if each is None else each for each in (step.transcript, step.box, source))
        return transcript, step.talk, step.hint, box, opened

    @property
    def outputs(self) -> list[Any]:
        """What a state of the chat concerns."""
        chat = self.chat
        return [chat.transcript, chat.talk, chat.hint, chat.question, self.source]


def key_of(turn: object, number: int) -> str:
    """How the page knows which citation a source was opened from."""
    return f"{turn}-{number}"
