"""Measures how well questions are answered, cited and refused: suites of cases, metrics, runs and gates."""

from evals.cases import Case, SuiteError, load_suite
from evals.gate import Gate, GateError, load_gate
from evals.run import Summary, run_suite

__all__ = ["Case", "Gate", "GateError", "SuiteError", "Summary", "load_gate", "load_suite", "run_suite"]
