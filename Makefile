# The one door: `make` lists what can be done. Everything runs from .venv, built here from hashed locks.

PYTHON ?= python3
PYTEST_WORKERS ?= 2
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --no-input --disable-pip-version-check
EDITABLE := $(PIP) install --no-deps --no-build-isolation --editable .
COMPILE = .lockenv/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--build-deps-for wheel --no-header --no-emit-options --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host $(LOCK_ARGS)

# One build of .venv at a time, also under `make -j`.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run test proof check format texts bench lock clean

help: ## lists what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/.run ## serves on http://127.0.0.1:8000; the first time it makes the database
	@$(BIN)/warehouse start

test: $(VENV)/.dev ## runs the tests (at most 10 minutes); PYTEST_ARGS adds options
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) $(PYTEST_ARGS)

proof: $(VENV)/.dev ## runs the long forms of the tests
	@WAREHOUSE_PROOF=1 $(BIN)/python -m pytest -n $(PYTEST_WORKERS) -m proof $(PYTEST_ARGS)

# All of them run, so that one report tells everything; `make format` mends what it can.
check: $(VENV)/.dev ## format, lint, types, who imports whom, templates
	@failed=; run() { echo "$$*"; "$$@" || failed=1; }; \
	run $(BIN)/ruff format --check --quiet .; \
	run $(BIN)/ruff check --quiet .; \
	run $(BIN)/mypy; \
	run $(BIN)/lint-imports --no-logo; \
	if [ -n "$$(find templates -name '*.html' 2>/dev/null)" ]; then run $(BIN)/djlint --quiet --lint templates; \
	else echo "djlint: no templates yet"; fi; \
	test -z "$$failed"

format: $(VENV)/.dev ## formats the code and mends what the linter can mend
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

# The .po is read as it is: nothing is compiled. A text that is new stays empty, and a test fails, until it is translated.
texts: $(VENV)/.dev ## collects all sentences for translation into warehouse/translations/*/LC_MESSAGES/messages.po
	@mkdir -p build
	@$(BIN)/pybabel --quiet extract --mapping babel.cfg --keywords "N_ N_n:1,2" --no-location --sort-output --omit-header \
		--output build/texts.pot .
	@$(BIN)/pybabel --quiet update --input-file build/texts.pot --output-dir warehouse/translations \
		--no-fuzzy-matching --ignore-obsolete --omit-header --no-wrap

bench: $(VENV)/.run ## measures, beside the yardsticks of the same run
	@$(BIN)/warehouse bench

lock: ## pins all packages anew with their hashes (LOCK_ARGS=--upgrade: to their newest versions)
	@test -x .lockenv/bin/pip-compile || { $(PYTHON) -m venv .lockenv && \
		.lockenv/bin/python -m pip --quiet install pip-tools; }
	@echo "Collecting the hashes of every package; this takes some minutes."
	@$(COMPILE) --output-file requirements.lock pyproject.toml
	@$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	@! grep -nE '://|--(extra-)?index|--find-links' requirements.lock requirements-dev.lock

clean: ## removes the environment and what tools left; keeps the data in var/
	@rm -rf $(VENV) .lockenv build dist htmlcov .coverage .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- the environment

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Pickface needs Python 3.11 or newer; $(PYTHON) is: $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/.made
	@echo "Installing what Pickface needs into $(VENV) …"
	@$(PIP) install --no-deps --require-hashes --requirement requirements.lock
	@$(EDITABLE)
	@touch $@

# The locks are complete, so nothing is resolved anew: a package released since cannot get in between (--no-deps).
# The development lock holds every package of the other one in the same version.
$(VENV)/.dev: requirements-dev.lock requirements.lock pyproject.toml | $(VENV)/.made
	@echo "Installing Pickface and its development tools into $(VENV) …"
	@$(PIP) install --no-deps --require-hashes --requirement requirements-dev.lock
	@$(EDITABLE)
	@touch $(VENV)/.run $@
