# Two targets are all a newcomer needs: `make serve` and `make test`. Needs Python 3.11 or later and make.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
OWN := $(PIP) install --no-deps --no-build-isolation --editable .

.DEFAULT_GOAL := help
.PHONY: help serve test check bench system lock clean

help:
	@echo "make serve   build the bundled dataset if need be and serve it on http://127.0.0.1:$(PORT) (PORT=…)"
	@echo "make test    run all tests"
	@echo "make check   lint, types, layers, generated files, layout of the records"
	@echo "make bench   benchmarks"
	@echo "make lock    resolve the requirements anew"
	@echo "make clean   remove everything that these targets made"

serve: $(VENV)/.runtime
	$(BIN)/kg serve --port $(PORT)

test: $(VENV)/.dev system
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not alone"
	$(BIN)/python -m pytest -m alone

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m kg.records.generate --check
	$(BIN)/kg fmt --check data/*/

bench: $(VENV)/.dev
	$(BIN)/python bench/run.py

system:
	@.ci/system

lock:
	PYTHON=$(PYTHON) .ci/lock

clean:
	rm -rf $(VENV) build dist tests/clients/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps hold until a lock or pyproject.toml changes, so that a second call installs nothing.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements.lock
	$(OWN)
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(OWN)
	@touch $@ $(VENV)/.runtime

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "kg needs Python 3.11 or later, and $(PYTHON) is none: name another with PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "$(PYTHON) cannot make a venv: on Debian, apt-get install python3-venv" >&2; exit 1; }
