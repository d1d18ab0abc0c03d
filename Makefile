# The two commands: `make demo` and `make test`. Each makes its own virtual environment first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
JOBS ?= auto

.PHONY: demo test gate differential lint docs clean

demo: $(VENV)/.runs
	@$(BIN)/fleet demo

test: $(VENV)/.develops
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

gate: export COVERAGE_FILE = $(VENV)/.coverage
gate: $(VENV)/.develops
	$(BIN)/python -m coverage run -m pytest tests/gate
	$(BIN)/python -m coverage report

differential: export FLEETWARD_SITUATIONS = 20000
differential: $(VENV)/.develops
	$(BIN)/python -m pytest -n $(JOBS) tests/differential

lint: $(VENV)/.develops
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m fleetward.rules > $(VENV)/rules.md && diff -u docs/reference/rules.md $(VENV)/rules.md
	$(BIN)/python -m fleetward.changes > $(VENV)/changes.md && diff -u docs/reference/changes.md $(VENV)/changes.md
	$(BIN)/python -m fleetward.cli > $(VENV)/cli.md && diff -u docs/reference/cli.md $(VENV)/cli.md
	$(BIN)/python -m fleetward.store.imports > $(VENV)/formats.md && diff -u docs/reference/formats.md $(VENV)/formats.md

docs: $(VENV)/.develops
	$(BIN)/python -m fleetward.rules > docs/reference/rules.md
	$(BIN)/python -m fleetward.changes > docs/reference/changes.md
	$(BIN)/python -m fleetward.cli > docs/reference/cli.md
	$(BIN)/python -m fleetward.store.imports > docs/reference/formats.md

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fleetward needs Python 3.11 or newer: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.develops: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.runs

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
