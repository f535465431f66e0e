"""The text of language models through LlamaIndex, as it arrives, and how its tokens are counted."""

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from assistant.errors import LLMError, translated

if TYPE_CHECKING:
    import httpx
    import tiktoken

_ATTEMPTS = 3
_CUT_REASONS = frozenset({None, "length", "max_tokens", "content_filter"})
# Where the HTTP responses of the request under way are noted, so that its end can hang up.
_responses: ContextVar["list[httpx.Response] | None"] = ContextVar("_responses", default=None)


class ChatModel(Protocol):
    """The part of LlamaIndex's `LLM` that answers need; every provider's class there has it."""

    def stream_chat(self, messages: Sequence[Any], **kwargs: Any) -> Iterator[Any]:
        """Responses whose `delta` is the next stretch of text."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The next stretch of a model's text. `cut` on the last one: the model was stopped before it was done."""

    text: str
    cut: bool = False


def stream_text(llm: ChatModel, system: str, user: str) -> Generator[Piece, None, None]:
    """The model's text as it arrives. Closing the iterator ends the request. Raises LLMError and nothing else.

    A server that says it is busy is asked again, three times in all, as long as no text has come.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            yield from _stream(llm, system, user)
            return
        except LLMError as error:
            if error.again_in is None or attempt == _ATTEMPTS:
                raise
            wait = error.again_in * attempt
        time.sleep(wait)


def _stream(llm: ChatModel, system: str, user: str) -> Generator[Piece, None, None]:
    from llama_index.core.llms import ChatMessage

    failure: LLMError | None = None
    begun, reason, tells_reason = False, None, False
    opened: list[httpx.Response] = []
    try:
        messages = [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]
        for response in _noting(lambda: llm.stream_chat(messages), opened):
            told = _reasons(response)
            tells_reason, reason = tells_reason or bool(told), told[0] if told else reason
            if response.delta:
                begun = True
                yield Piece(response.delta)
        if tells_reason and reason in _CUT_REASONS:
            yield Piece("", cut=True)
    except Exception as error:  # noqa: BLE001 - each provider's library raises classes of its own
        failure = translated(error, begun=begun)
    finally:
        # LlamaIndex lets go of the response without closing it, and openai 2.54 keeps it in a reference cycle: the
        # server would write on until the garbage collector comes by.
        for open_response in opened:
            open_response.close()
    # Raised out here so that the original, whose request holds the key, is no part of the traceback.
    if failure:
        raise failure


def _reasons(response: Any) -> list[str | None]:
    """Why the text ends here, as far as the provider tells: None where it goes on; nothing where it never tells."""
    if choices := getattr(getattr(response, "raw", None), "choices", None):
        return [choices[0].finish_reason]
    more = getattr(getattr(response, "message", None), "additional_kwargs", None) or {}
    return [more["stop_reason"]] if "stop_reason" in more else []


def count_tokens(text: str) -> int:
    """How many cl100k_base tokens `text` has. Other models count up to half as many again for non-English text.

    >>> count_tokens("Who would keep the peace?")
    6
    """
    return len(_encoding().encode(text, disallowed_special=()))


@cache
def _encoding() -> "tiktoken.Encoding":
    """The vocabulary that llama-index-core ships: tiktoken itself would fetch it from the network."""
    if "TIKTOKEN_CACHE_DIR" not in os.environ:
        # find_spec does not import the package, which would take more than a second.
        spec = find_spec("llama_index.core")
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(folder) / "_static" / "tiktoken_cache")
    import tiktoken

    return tiktoken.get_encoding("cl100k_base")


def _noting(start: Callable[[], Iterator[Any]], opened: "list[httpx.Response]") -> Generator[Any, None, None]:
    """What `start()` iterates over; HTTP responses received on the way are added to `opened`.

    The context variable is set for one step at a time, because each step may run in another thread.
    """
    iterator: Iterator[Any] | None = None
    try:
        while True:
            token = _responses.set(opened)
            try:
                iterator = iterator or iter(start())
                item = next(iterator)
            except StopIteration:
                return
            finally:
                _responses.reset(token)
            yield item
    finally:
        if close := getattr(iterator, "close", None):
            close()


def note_response(response: "httpx.Response") -> None:
    opened = _responses.get()
    if opened is not None:
        opened.append(response)
