# The two commands to know are `make demo` and `make test`. Both set up everything they need on a machine that has only
# make and Python 3.11 or newer; a second time that costs nothing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?=
BIN := $(abspath $(VENV))/bin
DEMO_STAMP := $(VENV)/.installed-demo
DEV_STAMP := $(VENV)/.installed-dev
NODE_STAMP := tests/node/node_modules/.installed
SHOP_NODE_STAMP := examples/shop/web/node_modules/.installed
BENCH_VENV ?= .venv-bench
BENCH_STAMP := $(BENCH_VENV)/.installed
PACKAGE := .[playwright,selenium,http,xdist]
# The example of an adapter of one's own, which the example shop uses.
OWN_ADAPTER := examples/own_adapter
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Dependency groups need pip 25.1.
NEW_PIP := -m pip install --quiet --upgrade 'pip>=25.1'
FIND_BROWSER := $(BIN)/python -m maestro_fabric doctor --install-browser --quiet

.PHONY: help demo test lint format bench docs setup clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | while IFS=$$'\t' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

demo: $(DEMO_STAMP) $(SHOP_NODE_STAMP)  ## test the example shop in six frameworks, from one YAML file
	@$(FIND_BROWSER)
	@$(BIN)/python examples/shop/demo.py

test: $(DEV_STAMP) $(NODE_STAMP)  ## every check there is: style, types, layers, tests, coverage
	@$(FIND_BROWSER)
	@$(BIN)/python tools/check.py

lint: $(DEV_STAMP)  ## style, types and layers only
	@$(BIN)/python tools/check.py --only ruff --only format --only mypy --only layers

format: $(DEV_STAMP)  ## put the code into the house form
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

bench: $(DEV_STAMP) $(BENCH_STAMP) $(NODE_STAMP) $(SHOP_NODE_STAMP)  ## measure every claim and write docs/benchmarks.md (about an hour)
	@$(FIND_BROWSER)
	@$(BENCH_VENV)/bin/python benchmarks/run_all.py

docs: $(DEV_STAMP)  ## write the parts of docs/ that are made from the code
	@$(BIN)/python docs/make_reference.py
	@$(BIN)/python docs/make_commands.py

setup: $(DEV_STAMP)  ## the virtual environment only

$(DEMO_STAMP): pyproject.toml $(OWN_ADAPTER)/pyproject.toml tools/make_venv.sh
	@bash tools/make_venv.sh $(VENV) '$(PYTHON)'
	@echo 'Installing pytest-maestro and what its demo needs into $(VENV) …'
	@$(BIN)/python $(NEW_PIP)
	@$(BIN)/python -m pip install --quiet --editable '$(PACKAGE)' --editable $(OWN_ADAPTER) --group demo
	@touch $@

$(DEV_STAMP): pyproject.toml $(OWN_ADAPTER)/pyproject.toml tools/make_venv.sh
	@bash tools/make_venv.sh $(VENV) '$(PYTHON)'
	@echo 'Installing pytest-maestro and its development tools into $(VENV) …'
	@$(BIN)/python $(NEW_PIP)
	@$(BIN)/python -m pip install --quiet --editable '$(PACKAGE)' --editable $(OWN_ADAPTER) --group dev
	@touch $(DEMO_STAMP) $@

$(BENCH_STAMP): pyproject.toml $(OWN_ADAPTER)/pyproject.toml tools/make_venv.sh benchmarks/peers.txt benchmarks/peers-pinned.txt
	@bash tools/make_venv.sh $(BENCH_VENV) '$(PYTHON)'
	@echo 'Installing the tools to compare with into $(BENCH_VENV) …'
	@$(BENCH_VENV)/bin/python $(NEW_PIP)
	@$(BENCH_VENV)/bin/python -m pip install --quiet --editable '$(PACKAGE)' --editable $(OWN_ADAPTER) --group demo --requirement benchmarks/peers.txt
	@$(BENCH_VENV)/bin/python -m pip install --quiet --no-deps --requirement benchmarks/peers-pinned.txt
	@touch $@

$(NODE_STAMP): tests/node/package.json tests/node/package-lock.json
	@if command -v npm > /dev/null; then \
	  echo 'Installing the Node frameworks that the tests run into tests/node …'; \
	  npm ci --prefix tests/node --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@; \
	else \
	  echo 'Node is not installed: the tests that need it (needs_node) are skipped.'; \
	fi

# Without it the demo runs, and says that one suite is blocked.
$(SHOP_NODE_STAMP): examples/shop/web/package.json examples/shop/web/package-lock.json
	@if command -v npm > /dev/null; then \
	  echo "Installing Jest for the shop's front end into examples/shop/web …"; \
	  { npm ci --prefix examples/shop/web --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@; } || echo 'npm did not get Jest.'; \
	fi

clean:  ## remove what was made: venvs, caches, coverage, builds
	@rm -rf .venv .venv-bench tests/node/node_modules examples/shop/web/node_modules build dist .coverage .coverage.* htmlcov .tox
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
