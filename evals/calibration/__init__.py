"""Fits the few numbers that the assistant decides by, and says how good they are."""
