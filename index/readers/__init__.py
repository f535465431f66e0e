"""Readers turn files into documents: one module for each family of formats, chosen by content."""

from index.readers.dispatch import read_file

__all__ = ["read_file"]
