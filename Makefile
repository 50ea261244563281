# One entry door: what CI runs is what a person runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements-ci.txt
WHEEL := dist/recorder_core-0.1.0-py3-none-any.whl
SOURCES := pyproject.toml README.md LICENSE $(shell find src -type f -not -path '*/__pycache__/*' 2>/dev/null)
PYTEST_ARGS ?=
# Packages of their own under examples/, each installed apart: an installed hook would run in every recorder.
EXAMPLE_PROVIDERS := livekit trtc
EXAMPLE_HOOKS := audit-log opentelemetry policy
EXAMPLE_SOURCES := $(shell find examples -type f -not -path '*/__pycache__/*' -not -path '*/.*' 2>/dev/null)
comma := ,
empty :=
space := $(empty) $(empty)
PROVIDERS ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install test lint format types contracts docs tables pytest examples demo bench lock audit clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

# The build tool comes with the groups, so that it is one of the locked versions as well.
$(VENV)/.dependencies: pyproject.toml $(LOCK)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --constraint $(LOCK) --upgrade pip
	$(BIN)/python -m pip install -q --constraint $(LOCK) --group dev
	$(BIN)/python -m pip install -q --constraint $(LOCK) --no-build-isolation '.[all]'
	touch $@

$(VENV)/.installed: $(VENV)/.dependencies $(SOURCES)
	rm -rf dist
	$(BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w dist .
	$(BIN)/python -m pip install -q --no-deps --force-reinstall $(WHEEL)
	touch $@

install: $(VENV)/.installed ## build the wheel and install it, with all extras, into .venv

test: lint types contracts docs pytest examples ## everything that CI checks

lint: $(VENV)/.dependencies ## lint and check the formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	! grep -rniE 'agora|zego|livekit|trtc' src/recorder_core --include='*.py'

format: $(VENV)/.dependencies ## format and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: install ## strict type check
	$(BIN)/mypy
	for name in $(EXAMPLE_PROVIDERS) $(EXAMPLE_HOOKS); do (cd examples/$$name && ../../$(BIN)/mypy) || exit 1; done

contracts: install ## who may import whom
	$(BIN)/lint-imports

docs: $(VENV)/.dependencies ## build the docs strictly, into site/
	$(BIN)/zensical build --strict --clean

tables: install ## write the tables of the docs that come from the code
	$(BIN)/python tests/docs/rule_tables.py
	$(BIN)/python tests/docs/capability_tables.py
	$(BIN)/python tests/docs/spec_tables.py
	$(BIN)/python tests/docs/field_tables.py
	$(BIN)/python tests/docs/event_tables.py
	$(BIN)/python tests/docs/kill_tables.py
	$(BIN)/python tests/docs/fault_tables.py
	$(BIN)/python tests/docs/provider_page.py
	$(BIN)/python tests/docs/grown_page.py

pytest: install ## the tests, on the built wheel
	$(BIN)/pytest $(PYTEST_ARGS)

.examples/.installed: $(VENV)/.installed $(EXAMPLE_SOURCES)
	rm -rf .examples
	for name in $(EXAMPLE_PROVIDERS) $(EXAMPLE_HOOKS); do \
		$(BIN)/python -m pip install -q --no-deps --no-build-isolation --target .examples/$$name ./examples/$$name || exit 1; \
	done
	touch $@

EXAMPLE_TESTS = (cd examples/$$name && PYTHONPATH=../../.examples/$$name RECORDER_PLUGINS=$(1) \
		../../$(BIN)/pytest -q -n 2 $(PYTEST_ARGS)) || exit 1

examples: .examples/.installed ## the packages under examples/, built, and put to their own tests
	for name in $(EXAMPLE_PROVIDERS); do $(call EXAMPLE_TESTS,recorder-core$(comma)recorder-$$name); done
	for name in $(EXAMPLE_HOOKS); do $(call EXAMPLE_TESTS,recorder-core); done

demo: install $(if $(PROVIDERS),.examples/.installed) ## the same lesson at every emulator, or those of PROVIDERS, into demo-output/
	PYTHONPATH=$(if $(PROVIDERS),$(subst $(space),:,$(addprefix .examples/,$(EXAMPLE_PROVIDERS)))) $(BIN)/recorder demo $(PROVIDERS)

bench: install ## the cost per call, as ratios against bare requests
	$(BIN)/python benchmarks/bench.py

lock: ## lock the newest versions that pyproject.toml allows, for all that make test installs
	rm -rf .lock
	$(PYTHON) -m venv .lock
	.lock/bin/python -m pip install -q --upgrade pip
	.lock/bin/python -m pip install -q --group dev --group audit
	.lock/bin/python -m pip install -q --no-build-isolation '.[all]'
	{ sed '/^[^#]/d' $(LOCK); .lock/bin/python -m pip freeze --all --exclude recorder-core --exclude setuptools; } > .lock/locked
	mv .lock/locked $(LOCK)
	rm -rf .lock

audit: $(VENV)/.dependencies ## look for advisories about the locked versions; asks pypi.org for each
	$(BIN)/python -m pip install -q --constraint $(LOCK) --group audit
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement $(LOCK)

clean: ## remove what was built
	rm -rf $(VENV) .examples .lock dist site demo-output .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
