"""How a language model is opened: one behind an OpenAI-compatible endpoint, or Anthropic's."""

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.errors import LLMError, scrubbed
from assistant.llm import ChatModel, note_response

if TYPE_CHECKING:
    import httpx
    from llama_index.llms.openai_like import OpenAILike

LOCAL_BASE_URL = "http://127.0.0.1:8080/v1"
# A server that is up accepts a connection at once; only its answer may take long.
_CONNECT_TIMEOUT_S = 5.0
# Sent where no key is set. Without it the client would send OPENAI_API_KEY from the environment to any base URL.
_NO_KEY = "not-needed"


def open_llm(
    base_url: str | None, model: str, key: str | None, *, timeout_s: float, max_tokens: int, context_tokens: int
) -> ChatModel:
    """A model behind an OpenAI-compatible endpoint (OpenAI, Ollama, vLLM, llama.cpp), or "anthropic:MODEL".

    Nothing is sent yet. Without `base_url` it is where the provider is, or a server on this machine. `timeout_s` limits
    the wait for the first and for each next piece of text. The key lives in the HTTP client alone: LlamaIndex shows its
    own fields in its repr and in its events. Raises LLMError for a URL or model it cannot use.
    """
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise LLMError("the API key holds a character that no key has: copy it again", retryable=False)
    provider, _, name = model.partition(":")
    if provider == "anthropic":
        return _anthropic(base_url, name, key, timeout_s=timeout_s, max_tokens=max_tokens)
    base_url = LOCAL_BASE_URL if base_url is None else base_url
    opened: ChatModel = _openai_like(base_url, model, key or _NO_KEY, timeout_s, max_tokens, context_tokens)
    return opened


def _openai_like(
    base_url: str, model: str, key: str, timeout_s: float, max_tokens: int, context_tokens: int
) -> "OpenAILike":
    host = _host(base_url)
    # Importing these takes 2 s, which only those who use a language model should wait for.
    import openai
    from llama_index.llms.openai_like import OpenAILike

    try:
        client = openai.OpenAI(
            base_url=base_url,
            api_key=key,
            max_retries=0,
            timeout=_timeout(timeout_s),
            http_client=openai.DefaultHttpxClient(**_http(host)),
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


def _anthropic(base_url: str | None, model: str, key: str, *, timeout_s: float, max_tokens: int) -> ChatModel:
    if not key:
        raise LLMError(f"anthropic:{model} wants a key: set CITEBACK_LLM_KEY", retryable=False)
    try:
        import anthropic
        from llama_index.llms.anthropic import Anthropic
    except ImportError:
        fix = "pip install 'citeback[anthropic]'"
        raise LLMError(f"anthropic:{model} needs LlamaIndex's integration: {fix}", retryable=False) from None
    options = {"base_url": base_url, "timeout": timeout_s, "max_retries": 0}
    llm = Anthropic(model=model, api_key=_NO_KEY, temperature=0.0, max_tokens=max_tokens, **options)
    try:
        known: int = llm.metadata.context_window
    except ValueError:
        known = 0
    if not known:
        raise LLMError(f"anthropic:{model} is no model that LlamaIndex knows: correct its name", retryable=False)
    host = _host(base_url) if base_url is not None else ""
    # It takes no client, and its own would keep the connection of an answer that was broken off.
    llm._client = anthropic.Anthropic(
        api_key=key,
        base_url=base_url,
        timeout=_timeout(timeout_s),
        max_retries=0,
        http_client=anthropic.DefaultHttpxClient(**_http(host)),
    )
    model_opened: ChatModel = llm
    return model_opened


def _timeout(seconds: float) -> "httpx.Timeout":
    import httpx

    return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT_S))


def _http(host: str) -> dict[str, Any]:
    """Options of the providers' HTTP clients."""
    import httpx

    return {
        "event_hooks": {"response": [note_response]},
        # Nothing stays open between questions, so none is lost to a connection the server has closed meanwhile.
        "limits": httpx.Limits(max_keepalive_connections=0),
        # A model on this machine is never asked through a proxy.
        "trust_env": not _is_loopback(host),
    }


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
