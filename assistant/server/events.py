"""Server-sent events."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

from index import CitebackError

from .problems import status_of, told, without_places

log = logging.getLogger(__name__)
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event(data: Any, name: str = "") -> str:
    r"""One event.

    >>> event({"text": "Peace"}, "delta")
    'event: delta\ndata: {"text": "Peace"}\n\n'
    """
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n"


def event_stream(events: AsyncIterator[str], *, error_name: str = "") -> StreamingResponse:
    """A response of events. What goes wrong on the way is the last of them, since the status is sent by then."""

    async def told_all() -> AsyncIterator[str]:
        try:
            async for each in events:
                yield each
        except CitebackError as error:
            yield event(told(status_of(error), without_places(str(error))), error_name)
        except Exception:
            log.exception("a stream failed")
            yield event(told(500, "something unexpected went wrong; the server's log shows what"), error_name)

    return StreamingResponse(told_all(), media_type="text/event-stream", headers=_HEADERS)
