"""The report of a run: one HTML file that needs nothing beside it."""

from evals.page.report import ReportError, write_report

__all__ = ["ReportError", "write_report"]
