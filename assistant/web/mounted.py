"""The page as an application, to be mounted by a server."""

import logging
import sys
import tempfile
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
import gradio.processing_utils
import gradio.queueing
import gradio.route_utils
import gradio.routes
from fastapi import FastAPI
from gradio.utils import get_upload_folder
from starlette.routing import Mount

from .page import Panels, Visitor, build_page
from .routes import add_routes
from .wiring.chat import Keep

if TYPE_CHECKING:
    from assistant import Assistant

log = logging.getLogger(__name__)
MAX_UPLOAD: Final = "200mb"
# Without one, browsers show Gradio's logo in the tab.
ICON: Final = (
    "<link rel='icon' href=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<rect width='32' height='32' rx='7' fill='%230c5f6c'/>"
    "<path d='M7 17h6v6H7zm0 0q0-7 6-8m6 8h6v6h-6zm0 0q0-7 6-8' fill='%23ffe08a' stroke='%23ffe08a' stroke-width='2'/>"
    '</svg>">'
)


def page_app(
    assistant: "Assistant",
    *,
    at: str = "",
    keep: Keep | None = None,
    panels: Panels | None = None,
    visitor: Visitor | None = None,
) -> FastAPI:
    """The page over one assistant and what it fetches by itself, reached below the path `at`. Options as `build_page`.

    It guards nothing: that is the server's.
    """
    # It prints what went wrong with all that was sent; the log has lines of its own.
    for module in (gradio.queueing, gradio.routes, gradio.route_utils):
        module.traceback = SimpleNamespace(print_exc=_logged)
    # An upload that is an address would be fetched.
    gradio.processing_utils.async_ssrf_protected_download = _refused
    here = Path(__file__).parent
    script = f"<script>\n{(here / 'page.js').read_text(encoding='utf-8')}</script>"
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, assistant)
    page = build_page(assistant, keep=keep, panels=panels, visitor=visitor)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        root_path=at or None,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        max_file_size=MAX_UPLOAD,
        theme=gr.themes.Base(font=["sans-serif"], font_mono=["monospace"]),
        css_paths=[here / "style.css"],
        head=ICON + script,
    )
    _keep_uploads_apart(app, page)
    return app


def _keep_uploads_apart(app: FastAPI, page: Any) -> None:
    """Gives a page a folder for uploads that no other page can name.

    In Gradio's own the same content under the same name is one file, whoever has uploaded it.
    """
    folder = get_upload_folder()
    Path(folder).mkdir(parents=True, exist_ok=True)
    own = tempfile.mkdtemp(dir=folder)
    for route in app.routes:
        if isinstance(route, Mount):
            route.app.uploaded_file_dir = own  # type: ignore[attr-defined]
    for block in page.blocks.values():
        block.GRADIO_CACHE = own


def _logged() -> None:
    kind, _, trace = sys.exc_info()
    place = traceback.extract_tb(trace)[-1] if trace else None
    where = f"{Path(place.filename).name}, line {place.lineno}" if place else "somewhere"
    log.warning("an event of the page failed: %s in %s", kind.__name__ if kind else "an error", where)


async def _refused(url: str, cache_dir: str) -> str:
    raise gr.Error("Addresses are not fetched.")
