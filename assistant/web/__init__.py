"""The web page of Citeback: ask in a chat, see every quote marked in its source."""

from .mounted import page_app
from .page import Visitor, build_page

__all__ = ["Visitor", "build_page", "page_app"]
