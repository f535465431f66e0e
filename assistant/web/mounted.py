"""The page as an application, to be mounted by a server."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import gradio as gr
import gradio.processing_utils
from fastapi import FastAPI

from .page import Panels, Visitor, build_page
from .routes import add_routes
from .wiring.chat import Keep

if TYPE_CHECKING:
    from assistant import Assistant

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
    # An upload that is an address would be fetched.
    gradio.processing_utils.async_ssrf_protected_download = _refused
    here = Path(__file__).parent
    script = f"<script>\n{(here / 'page.js').read_text(encoding='utf-8')}</script>"
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, assistant)
    return gr.mount_gradio_app(  # type: ignore[no-any-return]
        app,
        build_page(assistant, keep=keep, panels=panels, visitor=visitor),
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


async def _refused(url: str, cache_dir: str) -> str:
    raise gr.Error("Addresses are not fetched.")
