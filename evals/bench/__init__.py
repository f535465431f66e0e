"""The benchmarks: `python -m evals.bench` measures this machine and shows a table."""
