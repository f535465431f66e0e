"""Runs the benchmarks' command."""

import typer

from evals.bench.cli import main

if __name__ == "__main__":
    typer.run(main)
