# Everything that a person or CI does with this project. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FRONTEND_STAMP := frontend/node_modules/.installed
PORT ?= 8000
JOBS ?= $(shell nproc)
BROWSERS ?= $(shell n=$$(nproc); echo $$((n < 4 ? n : 4)))
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup run browser test lint format bench wheel schema screenshots lock clean

help: ## List these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMP) $(FRONTEND_STAMP) ## Make the environment and install what the lock files name

$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with make PYTHON=…"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# The lock names every package: asking each for its wishes again would let a newer release of one into the choice.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip check --quiet
	@touch $@

$(FRONTEND_STAMP): $(wildcard frontend/package-lock.json)
	@if [ -f frontend/package-lock.json ]; then \
	  command -v npm >/dev/null || { echo "Node 20 or newer is needed for the pages (npm was not found)."; exit 2; }; \
	  (cd frontend && npm ci --no-audit --no-fund --loglevel=error) && touch $@; fi

run: setup ## Start everything: database, pages, worker, ticker
	@if [ -f frontend/package.json ]; then (cd frontend && npm run --silent build); fi
	@$(BIN)/python -m config.launch --port $(PORT)

lint: setup ## Format, types, layers, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	@if [ -f frontend/package.json ]; then (cd frontend && npm run --silent lint); fi

# The pages are tested in a real browser. Whoever may install it has it installed; for others those tests say why they skip.
browser:
	@command -v chromium chromium-browser >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium, for the tests of the pages."; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  else echo "The tests of the pages need chromium: install it with your package manager."; fi; }

test: lint browser ## Run every check and test
	@if [ -f frontend/package.json ]; then (cd frontend && npm run --silent build && npm run --silent test); fi
	$(BIN)/python -m pytest tests/unit --cov
	$(BIN)/python -m pytest tests/acceptance tests/architecture tests/integration -n $(JOBS) --dist loadfile --no-loadscope-reorder
	@# Each process has a product and a browser of its own.
	$(BIN)/python -m pytest tests/e2e -m "not alone" -n $(BROWSERS) --dist loadfile
	@# One by one: these look at the clock, or start whole products and kill them.
	$(BIN)/python -m pytest tests/e2e -m alone
	$(BIN)/python -m pytest tests/faults

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Measure, and write docs/performance.md
	$(BIN)/python -m tests.benchmarks

wheel: setup ## Build the package that your own Django project installs, into var/dist
	@if [ -f frontend/package.json ]; then (cd frontend && npm run --silent build); fi
	$(BIN)/python -m hatchling build -t wheel -d var/dist

schema: setup ## Write the OpenAPI snapshot anew
	$(BIN)/python manage.py spectacular --file tests/architecture/openapi.json --format openapi-json

screenshots: setup ## Take pictures of every page, in light and dark, into var/screenshots and docs/images
	@(cd frontend && npm run --silent build)
	$(BIN)/python -m tests.e2e.screenshots $(PAGES)

lock: setup ## Resolve the Python requirements anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra standalone --extra tracing -o requirements/base.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra standalone --extra tracing --group dev -o requirements/dev.txt

clean: ## Stop the embedded databases and remove what make has made
	-@$(BIN)/python -m config.embedded_postgres stop
	-@$(BIN)/python -m config.embedded_postgres stop var/test-postgres
	rm -rf $(VENV) var frontend/node_modules builder/static/builder
