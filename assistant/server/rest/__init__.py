"""REST, below /api/v1: ask, search, documents, conversations, libraries."""

from .routes import rest_routes

__all__ = ["rest_routes"]
