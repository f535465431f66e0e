"""Text without markup: articles, source code, and rich text reduced to it."""
