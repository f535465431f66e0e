"""Whether the server lives, whether it can answer, and what it counts."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from assistant.chat import Assistant
from index import CitebackError

from .metrics import Metrics
from .problems import without_places


def health_routes(assistant: Assistant, metrics: Metrics) -> APIRouter:
    """`/health`, `/ready` and `/metrics`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/health")
    async def health() -> dict[str, str]:
        """That the server answers; it looks at nothing."""
        return {"status": "ok"}

    @routes.get("/ready")
    async def ready() -> Response:
        """Whether models are loaded and the index can be read: 200, or 503 with what is missing."""
        missing = await run_in_threadpool(_missing, assistant)
        return JSONResponse(
            {"status": "not ready" if missing else "ready", "missing": missing}, 503 if missing else 200
        )

    @routes.get("/metrics")
    async def counted(request: Request) -> Response:
        """What Prometheus reads."""
        content, kind = await run_in_threadpool(metrics.written)
        return Response(content, media_type=kind)

    return routes


def _missing(assistant: Assistant) -> list[str]:
    missing = [] if assistant.is_warm else ["the models are being loaded"]
    try:
        assistant.index.counts()
    except CitebackError as error:
        missing.append(without_places(str(error)))
    return missing
