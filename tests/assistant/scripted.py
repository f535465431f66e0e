"""A language model that follows a script, and two passages to ask it about."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from assistant.answerer import Passage
from assistant.generative import GenerativeAnswerer
from assistant.llm import ChatModel

KEY = "sk-test-0123456789abcdef"


def passage(number: int, text: str, title: str = "Bridge closed", score: float | None = None) -> Passage:
    score = 1 / number if score is None else score
    return Passage(number, f"d{number}", title, None, "Gazette", "2025-02-12", "", text, 0, len(text), (), score, None)


BRIDGE = passage(1, "The bridge was closed on Monday. The mayor said repairs would take six weeks.")
FERRIES = passage(2, "Ferries run every ten minutes while the bridge is closed.", "Ferries")


class Scripted:
    """A language model that says the given pieces, then raises what it is given; it notes what it was asked."""

    def __init__(self, pieces: Sequence[str], error: Exception | None = None, reason: str | None = None) -> None:
        self.pieces, self.error, self.reason = pieces, error, reason
        self.prompt = ""
        self.said = 0
        self.closed = False

    def stream_chat(self, messages: Sequence[Any], **kwargs: Any) -> Iterator[Any]:
        self.prompt = "\n".join(str(message.content) for message in messages)
        raw = SimpleNamespace(choices=[SimpleNamespace(finish_reason=self.reason)]) if self.reason else None
        try:
            for piece in self.pieces:
                self.said += 1
                yield SimpleNamespace(delta=piece, raw=raw)
            if self.error:
                raise self.error
        finally:
            self.closed = True


def answerer(llm: ChatModel, **options: Any) -> GenerativeAnswerer:
    return GenerativeAnswerer(llm, "scripted", **{"context_tokens": 4096, **options})
