"""Answers that were not given here: what somebody says was answered, as turns of a conversation."""

from assistant.followups import standalone
from assistant.schema import Answer, AnswerSentence, Conversation
from index import sentence_spans


def given(question: str, text: str, conversation: Conversation) -> Answer:
    """The text as if it had been the answer to the next question: follow-ups lean on it, and it is never quoted."""
    spans = sentence_spans(text)
    return Answer(
        question=question,
        standalone_question=standalone(question, conversation.turns).text,
        text=text,
        answered_by="given",
        sentences=tuple(AnswerSentence(s.of(text), s.start, s.end, (), "supported", 1.0) for s in spans),
    )
