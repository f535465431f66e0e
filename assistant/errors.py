"""Every error the assistant adds, and the one place where errors of language-model libraries become ours.

CitebackError
├── QuestionError the question is empty or too long
├── SettingsError a setting has a wrong name or value
├── ConversationNotFound  no conversation that is kept goes by this id
├── ExportError   a conversation cannot be written so, or a file is no export
├── AccountError  there is no such user, key or library, or there cannot be one
├── BackupError   an index cannot be backed up so, or a file is no backup that can be restored
├── FetchError    what is at an address is not fetched, or could not be
└── LLMError      the language model gave no usable answer; `retryable` says whether asking again may help
"""

import base64
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from index.errors import CitebackError

_RETRYABLE_STATUS = frozenset({408, 409, 425, 429})
_KEY_LIKE = re.compile(r"\b(?:sk|pk|key|bearer)[-_ ][\w.\-]{8,}", re.IGNORECASE)
_USER_IN_URL = re.compile(r"//[^/@\s]*@")
_WORDS_LIMIT = 200
# So many characters of a key in a row tell something of it.
_TELLING = 4
_WAIT_S, _LONGEST_WAIT_S = 0.5, 5.0


class QuestionError(CitebackError):
    """The question is empty or too long."""


class SettingsError(CitebackError):
    """A setting has a wrong name or value."""


class ConversationNotFound(CitebackError):
    """No conversation that is kept goes by this id."""


class ExportError(CitebackError):
    """A conversation cannot be written so, or a file is no export."""


class AccountError(CitebackError):
    """There is no such user, key or library, or there cannot be one."""


class BackupError(CitebackError):
    """An index cannot be backed up so, or a file is no backup that can be restored."""


class FetchError(CitebackError):
    """What is at an address is not fetched, or could not be."""


class LLMError(CitebackError):
    """The language model gave no usable answer.

    `retryable`: whether the same request may succeed later; `again_in`: after how many seconds, where its server says
    that it is busy, else None.
    """

    def __init__(self, message: str, *, retryable: bool, again_in: float | None = None) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.again_in = again_in


def translated(error: Exception, *, begun: bool = False) -> LLMError:
    """The error of an LLM library as ours: one line that says what to do, without the key.

    Goes by class names and attributes, which openai, anthropic and httpx share, so that a provider added later needs
    nothing here. `begun`: whether text had arrived.

    >>> str(translated(TimeoutError()))
    'the language model sent nothing within its time limit: raise the timeout, or see whether the server is busy'
    """
    if isinstance(error, LLMError):
        return error
    where, secrets, limit_s = _request_of(error)
    names = {cls.__name__ for cls in type(error).__mro__}
    words = _server_words(error, secrets)
    status = getattr(error, "status_code", None) or _code_in(getattr(error, "body", None))
    if isinstance(status, int):
        failure = _for_status(status, where, words)
        if failure.retryable and not begun:
            failure.again_in = _again_in(error)
        return failure
    if names & {"APITimeoutError", "TimeoutException", "TimeoutError"}:
        within = f"{limit_s:g} s" if limit_s else "its time limit"
        advice = f"sent nothing within {within}: raise the timeout, or see whether the server is busy"
    elif names & {"APIConnectionError", "TransportError", "OSError"}:
        cause = scrubbed(str(error.__cause__ or error), secrets)
        unreached = f"cannot be reached ({cause}): start the server or correct the base URL"
        advice = "broke off in the middle of its answer: ask again" if begun else unreached
    else:
        advice = f"sent no usable answer ({type(error).__name__}: {words}): is the base URL that of an OpenAI-like API?"
        return LLMError(f"{where} {advice}", retryable=False)
    return LLMError(f"{where} {advice}", retryable=True)


def scrubbed(words: str, secrets: Sequence[str] = ()) -> str:
    """`words` in one line of at most 200 characters, without `secrets`, what looks like a key, and users in URLs.

    >>> scrubbed("Bad key sk-0123456789,\\n see http://me:pass@host/")
    'Bad …, see http://host/'
    """
    for secret in secrets:
        for form in _forms(secret):
            words = words.replace(form, "…")
    words = " ".join(_USER_IN_URL.sub("//", _KEY_LIKE.sub("…", words)).split())
    return words if len(words) <= _WORDS_LIMIT else words[: _WORDS_LIMIT - 1] + "…"


def _forms(secret: str) -> Iterator[str]:
    """A secret as it may be repeated: as it is, encoded, and in parts, the longest first."""
    raw = secret.encode()
    encoded = (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode())
    yield from (secret, quote(secret, safe=""), *encoded, *(each.rstrip("=") for each in encoded))
    yield from (raw.hex(), raw.hex().upper(), secret[::-1])
    for length in range(len(secret) - 1, _TELLING - 1, -1):
        yield secret[:length]
        yield secret[-length:]


def _for_status(status: int, where: str, words: str) -> LLMError:
    retryable = status in _RETRYABLE_STATUS or status >= 500
    if status in (401, 403):
        # The server's words are left out: some repeat part of the key in them.
        advice = "check the API key"
    elif status == 429:
        advice = f"wait, or check the quota ({words})"
    elif status == 404:
        advice = f"check the model's name and the base URL, most end in /v1 ({words})"
    elif retryable:
        advice = f"ask again later ({words})"
    else:
        advice = f"if the request is too long lower the context tokens, else check the model's name ({words})"
    return LLMError(f"{where} refused the request with HTTP {status}: {advice}", retryable=retryable)


def _again_in(error: Exception) -> float:
    """The seconds a busy server asks to wait, within reason."""
    told = getattr(getattr(error, "response", None), "headers", {}).get("retry-after", "")
    return min(float(told), _LONGEST_WAIT_S) if told.isdecimal() else _WAIT_S


def _request_of(error: Exception) -> tuple[str, list[str], float | None]:
    """Where the request went (without user, password and query), the secrets it carried, and its time limit in s."""
    try:
        request = getattr(error, "request", None)
    except RuntimeError:  # httpx, where an error was made without a request
        request = None
    if request is None:
        return "the language model", [], None
    url = request.url
    sent = [request.headers.get(name, "") for name in ("authorization", "x-api-key", "api-key")]
    secrets = [value.split()[-1] for value in sent if value.split()]
    connecting = "Connect" in type(error.__cause__ or error).__name__
    limit_s = request.extensions.get("timeout", {}).get("connect" if connecting else "read")
    return f"{url.scheme}://{url.host}" + (f":{url.port}" if url.port else ""), secrets, limit_s


def _server_words(error: Exception, secrets: Sequence[str]) -> str:
    body = getattr(error, "body", None)
    words = body.get("message") if isinstance(body, dict) else None
    return scrubbed(words if isinstance(words, str) and words else str(error), secrets)


def _code_in(body: object) -> int | None:
    """The HTTP status in an error that arrived within a stream (llama.cpp: {"code": 400, "message": …})."""
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else None
