# Everything a developer, an operator who looks around, and CI needs. `make help` lists it.
# The virtual environment is made once; a stamp inside it remembers what was installed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --retries 10 --timeout 120
PYTEST := $(BIN)/python -m pytest
JOBS ?= 2
HOST ?= 127.0.0.1
PORT ?= 8000

# Two makes at once would install into one environment at once.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help demo dev test test-sqlite test-postgresql test-once test-browser bench bench-checks bench-growth bench-bridging bench-folding bench-abuse bench-tools evaluate container-check systemd-check lint format constraints messages wheel clean tools

help:
	@echo "make demo         set up and serve the demo newsroom on http://$(HOST):$(PORT)"
	@echo "make dev          the same with a server that reloads when a file changes"
	@echo "make test         the whole suite: SQLite, PostgreSQL, a real browser"
	@echo "make container-check  carry out the container file and run its command, without an engine (as root)"
	@echo "make systemd-check    boot systemd in a copy of this machine and run our units in it (as root)"
	@echo "make bench        measure a running site beside nginx, print the figures against our goals"
	@echo "make bench-growth the same with a thousand, 100,000 and a million comments stored"
	@echo "make bench-checks the word list of 50,000 entries against texts, also such as are made to hurt"
	@echo "make bench-bridging  speed and memory of the ranking, from a thousand to 50 million votes, beside others"
	@echo "make bench-abuse   false alarms about arranged votes, how soon a brigade is found, and what a look costs"
	@echo "make bench-folding   what the ranking costs a site: reading votes, runs, and from a click to the new place"
	@echo "make evaluate     how well rankings find what every camp rates well: real votes, invented ones, attacks"
	@echo "make lint         formatting, types, import order of the rooms, templates, migrations"
	@echo "make format       put source and templates into their format"
	@echo "make constraints  resolve the pinned versions anew"
	@echo "make messages     collect the sentences to translate and compile the translations (needs gettext)"
	@echo "make wheel        build the package into dist/"
	@echo "make clean        remove the virtual environment and all caches; data stay"

# Set-up --------------------------------------------------------------------------------------------------------------

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "make: Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is $$($(PYTHON) -V). Try make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "make: the venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@echo "==> Making the virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "==> Installing what the site needs"
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "==> Installing what the site and its tests need"
	@$(PIP) install -c constraints.txt -e '.[dev,s3]'
	@touch $@ $(VENV)/.runtime

# Chromium, nginx and PostgreSQL's server, as Debian's packages where they are missing.
tools: $(VENV)/.dev
	@$(BIN)/python tests/tools.py

# Running -------------------------------------------------------------------------------------------------------------

demo: $(VENV)/.runtime
	@$(BIN)/kakehashi demo --host $(HOST) --port $(PORT)

dev: $(VENV)/.dev
	@KAKEHASHI_DEBUG=1 $(BIN)/kakehashi demo --no-serve
	@KAKEHASHI_DEBUG=1 KAKEHASHI_STAFF_MFA=optional KAKEHASHI_DATA=$${KAKEHASHI_DATA:-kakehashi-data}/demo \
		$(BIN)/kakehashi manage runserver $(HOST):$(PORT)

# Testing -------------------------------------------------------------------------------------------------------------

test: tools
	@failed=""; \
	for part in sqlite postgresql once browser; do \
		$(MAKE) --no-print-directory test-$$part || failed="$$failed $$part"; \
	done; \
	if [ -n "$$failed" ]; then echo "==> FAILED:$$failed" >&2; exit 1; fi; \
	echo "==> Everything passed"

# In pytest-django's order, not by file: tests that commit leave an empty database, so they come last.
test-sqlite: tools
	@echo "==> Tests on SQLite"
	@KAKEHASHI_TEST_DATABASE=sqlite $(PYTEST) -n $(JOBS) --durations 10 -m "not browser and not once"

test-postgresql: tools
	@echo "==> Tests on PostgreSQL"
	@KAKEHASHI_TEST_DATABASE=postgresql $(PYTEST) -n $(JOBS) --durations 10 -m "not browser and not once"

# What has nothing to do with the database of the run. By file: some of these end servers that their file shares.
test-once: tools
	@echo "==> Tests that one run is enough for"
	@KAKEHASHI_TEST_DATABASE=sqlite $(PYTEST) -n $(JOBS) --dist loadfile --durations 10 -m "once and not browser"

# In processes of their own: Playwright's event loop stays in the thread in which it began.
test-browser: tools
	@echo "==> Tests in a browser"
	@KAKEHASHI_TEST_DATABASE=sqlite $(PYTEST) -n $(JOBS) --dist loadfile --durations 10 -m browser

container-check: $(VENV)/.dev
	@$(BIN)/python -m tests.deploy.build

systemd-check: tools
	@KAKEHASHI_TEST_BOOT=1 KAKEHASHI_TEST_DATABASE=sqlite $(PYTEST) tests/deploy/test_systemd.py

# wrk, nginx and PostgreSQL's server, as Debian's packages where they are missing.
# How often alarms about arranged votes are false, and what looking for them costs: make bench-abuse BENCH="--votes 100000".
bench-abuse: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.abuse $(BENCH)

bench-tools: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.tools

# Both take options: make bench BENCH="--seconds 4 --only anonymous".
bench: bench-tools
	@$(BIN)/python benchmarks/text.py
	@$(BIN)/python -m benchmarks.site $(BENCH)

bench-checks: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.checks

bench-growth: bench-tools
	@$(BIN)/python -m benchmarks.growth $(BENCH)

# The whole takes a quarter of an hour; more votes or parts: make bench-bridging BENCH="--largest 100000000 --only scale".
bench-bridging: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.bridging $(BENCH)

# Ten million votes take a while to make; less: make bench-folding BENCH="--votes 200000 --rate 200".
bench-folding: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.folding $(BENCH)

# The whole takes a quarter of an hour on one idle core; parts of it: make evaluate EVALUATE="--seeds 2 --only real".
evaluate: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.evaluation --jobs $(JOBS) $(EVALUATE)

lint: $(VENV)/.dev
	@echo "==> ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "==> mypy"
	@$(BIN)/mypy
	@echo "==> import-linter"
	@$(BIN)/lint-imports
	@echo "==> djlint"
	@$(BIN)/djlint src/kakehashi/templates --check --quiet
	@$(BIN)/djlint src/kakehashi/templates --lint --quiet
	@echo "==> migrations"
	@KAKEHASHI_SECRET_KEY=lint KAKEHASHI_DATA=$$(mktemp -d) DATABASE_URL= $(BIN)/kakehashi manage makemigrations --check --dry-run

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .
	@$(BIN)/djlint src/kakehashi/templates --reformat --quiet

# Package -------------------------------------------------------------------------------------------------------------

constraints: $(VENV)/.dev
	@CUSTOM_COMPILE_COMMAND="make constraints" $(BIN)/pip-compile --quiet --all-extras --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --no-emit-options --no-annotate --upgrade -o constraints.txt pyproject.toml

# English is the language of the source, so it needs no catalogue. Without places and dates, a diff shows sentences only.
messages: $(VENV)/.dev
	@command -v xgettext >/dev/null || { echo "make: gettext is missing: apt-get install gettext" >&2; exit 1; }
	@cd src/kakehashi && export KAKEHASHI_SECRET_KEY=messages && \
		../../$(BIN)/kakehashi manage makemessages --exclude en --no-obsolete --no-location --no-wrap && \
		sed -i '/^"POT-Creation-Date:/d' locale/*/LC_MESSAGES/django.po && \
		../../$(BIN)/kakehashi manage compilemessages

wheel: $(VENV)/.dev
	@$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
