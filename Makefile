# Everything a newcomer, a developer and CI types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help demo test test-slow check fix docs bench bench-full bench-batch bench-cache bench-journal bench-limits bench-queue bench-workers lock clean
SHELL := /bin/sh
# Where this is set, every process that a test starts would compile all of stretto anew.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# --- the virtual environment: with uv where there is one, with venv and pip where not --------------------------
$(BIN)/python:
ifdef UV
	@uv venv --quiet --python $(PYTHON) $(VENV)
else
	@$(PYTHON) -m venv $(VENV)
endif

ifdef UV
install = VIRTUAL_ENV=$(VENV) uv pip install --quiet --compile-bytecode
else
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

# Running needs less than developing, so a first `make demo` is quick.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing stretto into $(VENV) ..."
	@$(install) -r requirements.lock
	@$(install) --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the development tools into $(VENV) ..."
	@$(install) -r requirements-dev.lock
	@touch $@

# --- what people type ------------------------------------------------------------------------------------------
demo: $(VENV)/.runtime ## Run the main job: one brief, a plan decided at run time, every variant back
	@$(BIN)/stretto demo

# Which test runs where: tests/README.md
PYTEST := $(BIN)/pytest -n auto --dist worksteal

test: $(VENV)/.dev ## Run the tests that prove the promises, in three minutes
	@$(PYTEST) -m "not full and not slow"

test-slow: $(VENV)/.dev ## Run the long searches and the measurements
	@$(PYTEST) -m slow

check: $(VENV)/.dev ## Run everything CI runs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache
	@$(PYTEST) -m "not slow" --cov --cov-report=term --cov-fail-under=95

fix: $(VENV)/.dev ## Format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(VENV)/.dev ## Write the command line's help into docs/cli.md
	@$(BIN)/python docs/generate_cli.py

bench: $(VENV)/.dev ## Compare with other ways to do the same work, and write docs/performance.md
	@$(BIN)/python -m benchmarks

bench-full: $(VENV)/.dev ## The same with the whole grid, without a limit of time
	@$(BIN)/python -m benchmarks --full

bench-cache: $(VENV)/.dev ## Show what the prompt cache saves, against a simulated provider
	@$(BIN)/python -m benchmarks.cache

bench-journal: $(VENV)/.dev ## Measure what keeping a call costs
	@$(BIN)/python -m benchmarks.journal

bench-limits: $(VENV)/.dev ## Measure how much of a rate limit is used
	@$(BIN)/python -m benchmarks.limits

bench-batch: $(VENV)/.dev ## Measure what a row of a batch costs, what of it the journal, and whether that stays so
	@$(BIN)/python -m benchmarks.batch

bench-queue: $(VENV)/.dev ## Measure what a batch takes on the queue, against a real Postgres
	@$(BIN)/python -m benchmarks.queue

bench-workers: $(VENV)/.dev ## Measure what a second worker of a queue is worth
	@$(BIN)/python -m benchmarks.workers

lock: ## Write the lock files anew (needs uv)
	@uv pip compile --quiet --universal --no-header --no-emit-index-url --python-version 3.11 \
	  pyproject.toml -o requirements.lock
	@uv pip compile --quiet --universal --no-header --no-emit-index-url --python-version 3.11 \
	  pyproject.toml --all-extras --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove what was built
	@rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* dist
