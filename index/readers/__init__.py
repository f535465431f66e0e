"""Readers turn files into documents: one module for each family of formats, chosen by content."""

from index.readers.dispatch import read_bytes, read_file

# Raised when what readers make of a file changes: files read by an older version are read again.
VERSION = "3"

__all__ = ["VERSION", "read_bytes", "read_file"]
