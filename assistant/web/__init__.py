"""The web page of Citeback: ask in a chat, see every quote marked in its source."""

from .page import build_page
from .serve import ServeError, serve, web_app

__all__ = ["ServeError", "build_page", "serve", "web_app"]
