"""Data as text: JSON, notebooks, and tables of separated values."""
