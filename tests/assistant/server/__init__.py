"""The server, over a real index."""
