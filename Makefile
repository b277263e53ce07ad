# The two commands to know are `make demo` and `make test`. Both set up everything they need on a machine that has only
# make and Python 3.11 or newer; a second time that costs nothing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?=
BIN := $(abspath $(VENV))/bin
STAMP := $(VENV)/.installed
BENCH_VENV ?= .venv-bench
BENCH_STAMP := $(BENCH_VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint format bench docs browser setup clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | while IFS=$$'\t' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

demo: setup browser  ## test the example shop in a real browser, from one YAML file
	@$(BIN)/python examples/shop/demo.py

test: setup browser  ## every check there is: style, types, layers, tests, coverage
	@$(BIN)/python tools/check.py

lint: setup  ## style, types and layers only
	@$(BIN)/python tools/check.py --only ruff --only format --only mypy --only layers

format: setup  ## put the code into the house form
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

bench: setup browser $(BENCH_STAMP)  ## measure every claim and write docs/benchmarks.md (about an hour)
	@$(BIN)/python benchmarks/run_all.py --peers $(abspath $(BENCH_VENV))/bin/python

docs: setup  ## write the parts of docs/ that are made from the code
	@$(BIN)/python docs/make_reference.py

setup: $(STAMP)

browser: setup
	@$(BIN)/python -m maestro_fabric doctor --install-browser --quiet

$(STAMP): pyproject.toml tools/make_venv.sh
	@bash tools/make_venv.sh $(VENV) '$(PYTHON)'
	@echo 'Installing pytest-maestro and its development tools into $(VENV) …'
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable '.[playwright,xdist]' --group dev
	@touch $@

$(BENCH_STAMP): pyproject.toml tools/make_venv.sh benchmarks/peers.txt
	@bash tools/make_venv.sh $(BENCH_VENV) '$(PYTHON)'
	@echo 'Installing the tools to compare with into $(BENCH_VENV) …'
	@$(BENCH_VENV)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BENCH_VENV)/bin/python -m pip install --quiet --editable '.[playwright,xdist]' --requirement benchmarks/peers.txt
	@touch $@

clean:  ## remove what was made: venvs, caches, coverage, builds
	@rm -rf .venv .venv-bench build dist .coverage .coverage.* htmlcov .tox
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
