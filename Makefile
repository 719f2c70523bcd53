# Two commands: `make demo` shows what matchcut does, `make test` checks that it does.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: setup demo test lint types check

setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) install --quiet -c constraints.txt -e '.[dev]'
	# The reference evaluator asks for many packages that its metrics don't use; tqdm (in dev) is all they need.
	$(PIP) install --quiet --no-deps -c constraints.txt SoccerNet
	touch $@

demo: setup
	$(BIN)/matchcut demo -o demo

test: setup
	$(BIN)/python -m pytest -n 2

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

check: test lint types
