"""A conversation that goes on, kept or not."""

from collections.abc import Iterator
from typing import Protocol

from assistant.errors import ConversationNotFound
from assistant.history import History
from assistant.schema import Answer, Conversation, Event, Finished
from index import StoreError, Where


class Answers(Protocol):
    """What a conversation is had with: an `Assistant`."""

    @property
    def history(self) -> History:
        """Where conversations are kept."""
        ...

    def answer(
        self, conversation: Conversation, question: str, *, where: Where | None = None, standalone: str | None = None
    ) -> Answer:
        """The answer to the next question."""
        ...

    def stream(
        self, conversation: Conversation, question: str, *, where: Where | None = None, standalone: str | None = None
    ) -> Iterator[Event]:
        """The answer as it comes about."""
        ...


class Chat:
    """A conversation: each question is asked with the turns before it in mind."""

    def __init__(self, assistant: Answers, conversation: str | None = None, *, keep: bool = False) -> None:
        self._assistant = assistant
        self._keep = keep or conversation is not None
        self.id = conversation
        # Why the last turn could not be kept; empty where it was.
        self.not_kept = ""
        self.conversation = assistant.history.load(conversation) if conversation else Conversation()

    def ask(self, question: str, *, where: Where | None = None, standalone: str | None = None) -> Answer:
        """The answer to the next question; `where` and `standalone` as in `Assistant.stream`."""
        answer = self._assistant.answer(self.conversation, question, where=where, standalone=standalone)
        self._add(answer)
        return answer

    def stream(self, question: str, *, where: Where | None = None, standalone: str | None = None) -> Iterator[Event]:
        """The answer as it comes about; the turn is kept once Finished has come."""
        for event in self._assistant.stream(self.conversation, question, where=where, standalone=standalone):
            if isinstance(event, Finished):
                self._add(event.answer)
            yield event

    def _add(self, answer: Answer) -> None:
        self.conversation = self.conversation.plus(answer)
        if not self._keep:
            return
        try:
            self.id, self.not_kept = self._assistant.history.append(answer, self.id), ""
        # The answer is there; that it cannot be kept must not take it away.
        except (StoreError, ConversationNotFound) as error:
            self.not_kept = str(error)
