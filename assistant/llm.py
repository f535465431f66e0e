"""Language models through LlamaIndex: how one is opened, how its text arrives, how tokens are counted."""

import ipaddress
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from assistant.errors import LLMError, scrubbed, translated

if TYPE_CHECKING:
    import httpx
    import tiktoken
    from llama_index.llms.openai_like import OpenAILike

# A server that is up accepts a connection at once; only its answer may take long.
_CONNECT_TIMEOUT_S = 5.0
# Sent where no key is set. Without it the client would send OPENAI_API_KEY from the environment to any base URL.
_NO_KEY = "not-needed"
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


def open_llm(
    base_url: str, model: str, key: str | None, *, timeout_s: float, max_tokens: int, context_tokens: int
) -> "OpenAILike":
    """A model behind an OpenAI-compatible endpoint (OpenAI, Ollama, vLLM, llama.cpp). Nothing is sent yet.

    `timeout_s` limits the wait for the first and for each next piece of text. The key lives in the HTTP client alone:
    LlamaIndex shows its own fields in its repr and in its events. Raises LLMError for a URL or model it cannot use.
    """
    host, key = _host(base_url), (key or _NO_KEY).strip()
    if not (key.isascii() and key.isprintable()):
        raise LLMError("the API key holds a character that no key has: copy it again", retryable=False)
    # Importing these takes 2 s, which only those who use a language model should wait for.
    import httpx
    import openai
    from llama_index.llms.openai_like import OpenAILike

    try:
        client = openai.OpenAI(
            base_url=base_url,
            api_key=key,
            max_retries=0,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_TIMEOUT_S)),
            http_client=openai.DefaultHttpxClient(
                event_hooks={"response": [_note_response]},
                # Nothing stays open between questions, so none is lost to a connection the server has closed meanwhile.
                limits=httpx.Limits(max_keepalive_connections=0),
                # A model on this machine is never asked through a proxy.
                trust_env=not _is_loopback(host),
            ),
        )
        return OpenAILike(
            model=model,
            api_base=base_url,
            api_key=_NO_KEY,
            openai_client=client,
            temperature=0.0,
            max_tokens=max_tokens,
            context_window=context_tokens,
            timeout=timeout_s,
            max_retries=0,
            is_chat_model=True,
            is_function_calling_model=False,
        )
    except (ValueError, ImportError) as error:  # a model for another API, a proxy in the environment httpx cannot use
        message = f"model {model!r} at {host} cannot be used: {scrubbed(str(error), [key])}"
    raise LLMError(message, retryable=False)


def stream_text(llm: ChatModel, system: str, user: str) -> Generator[Piece, None, None]:
    """The model's text as it arrives. Closing the iterator ends the request. Raises LLMError and nothing else."""
    from llama_index.core.llms import ChatMessage

    failure: LLMError | None = None
    begun, reason, tells_reason = False, None, False
    opened: list[httpx.Response] = []
    try:
        messages = [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]
        for response in _noting(lambda: llm.stream_chat(messages), opened):
            if choices := getattr(getattr(response, "raw", None), "choices", None):
                tells_reason, reason = True, choices[0].finish_reason
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


def _note_response(response: "httpx.Response") -> None:
    opened = _responses.get()
    if opened is not None:
        opened.append(response)


def _host(base_url: str) -> str:
    try:
        address = urlsplit(base_url)
        usable = address.scheme in ("http", "https") and address.port != 0
    except ValueError:
        usable = False
    if not usable or not address.hostname:
        shown = scrubbed(base_url)
        raise LLMError(f"{shown!r} is not a base URL: give one like http://127.0.0.1:8080/v1", retryable=False)
    return address.hostname


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
