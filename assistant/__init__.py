"""Turns a conversation and the passages found into a cited, checked answer."""

from assistant.chat import Assistant
from assistant.conversing import Chat
from assistant.errors import LLMError, QuestionError, SettingsError
from assistant.schema import (
    Answer,
    AnswerSentence,
    Citation,
    Conversation,
    Delta,
    Event,
    Finished,
    Refusal,
    Retrieved,
    Rewritten,
    Searching,
    Sentence,
    Turn,
)
from assistant.settings import Settings, load_settings

__all__ = [
    "Answer",
    "AnswerSentence",
    "Assistant",
    "Chat",
    "Citation",
    "Conversation",
    "Delta",
    "Event",
    "Finished",
    "LLMError",
    "QuestionError",
    "Refusal",
    "Retrieved",
    "Rewritten",
    "Searching",
    "Sentence",
    "Settings",
    "SettingsError",
    "Turn",
    "load_settings",
]
