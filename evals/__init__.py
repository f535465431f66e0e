"""Measures how well questions are answered, cited and refused: suites of cases, metrics, runs and gates."""

from evals.cases import Case, Said, Suite, SuiteError
from evals.gate import Gate, GateError, load_gate
from evals.loading import load
from evals.run import run_suite
from evals.summary import Summary

__all__ = ["Case", "Gate", "GateError", "Said", "Suite", "SuiteError", "Summary", "load", "load_gate", "run_suite"]
