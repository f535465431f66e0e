"""Errors as every interface tells them."""

import logging
import re
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from assistant.errors import AccountError, ConversationNotFound, ExportError, FetchError, QuestionError
from index import CitebackError, DocumentNotFound, FolderError, StoreClosed, StoreError

from .libraries import LibraryNotFound, NotAllowed

# The first that fits.
_STATUS: Final[tuple[tuple[type[CitebackError], int], ...]] = (
    (LibraryNotFound, 404),
    (NotAllowed, 403),
    (DocumentNotFound, 404),
    (ConversationNotFound, 404),
    # A library that was deleted while it was used.
    (StoreClosed, 404),
    (QuestionError, 422),
    (ExportError, 422),
    (FetchError, 422),
    (AccountError, 422),
    (FolderError, 422),
)
# As OpenAI's clients know them.
_TYPES: Final = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_LONGEST: Final = 500
# An address of the web is no such place.
_PLACE: Final = re.compile(r"(?<![\w:/])(?:/|[A-Za-z]:\\)[\w.~-][^\s,;:]*")
log = logging.getLogger(__name__)


def told(status: int, message: str) -> dict[str, Any]:
    """An error as a record, in the form that OpenAI's clients read.

    >>> told(404, "there is nothing here")
    {'error': {'message': 'there is nothing here', 'type': 'not_found_error', 'code': 404}}
    """
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": message[:_LONGEST], "type": kind, "code": status}}


def problem(status: int, message: str) -> JSONResponse:
    """An error as a response."""
    return JSONResponse(told(status, message), status)


def status_of(error: Exception) -> int:
    """The status that an error is told with: 500 where it is no doing of the caller's."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


async def of_citeback(request: Request, error: Exception) -> JSONResponse:
    """One of ours, as a response: its message says what to do. What is the server's own fault is logged."""
    status = status_of(error)
    if status >= 500:
        log.error("a request failed: %s", error)
    return problem(status, without_places(str(error)) if isinstance(error, StoreError) else str(error))


def without_places(message: str) -> str:
    """The message without places on this machine, which are nobody else's business.

    >>> without_places("the index in /home/ada/index cannot be used; see https://example.org/help")
    'the index in … cannot be used; see https://example.org/help'
    """
    return _PLACE.sub("…", message)


async def of_disconnect(request: Request, error: Exception) -> JSONResponse:
    """A client that went away before it had sent all."""
    return problem(408, "what you send does not come in; send it again")


async def of_http(request: Request, error: Exception) -> JSONResponse:
    """One of Starlette's."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail))


async def of_validation(request: Request, error: Exception) -> JSONResponse:
    """What a request has that it should not have, by the name of the field. What was sent is not repeated."""
    assert isinstance(error, RequestValidationError)
    fields = [f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in error.errors()[:5]]
    return problem(422, "; ".join(fields))
