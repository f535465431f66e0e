"""Trains the reader: a cross-encoder over the bundled weights that says what answers and what supports."""
