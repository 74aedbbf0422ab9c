# One way to do each thing. `make` alone lists the targets.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
STAMP := $(VENV)/.installed
# One process a core; the tests of a module stay together, since they share a database or a server. Modules run in the
# order of their folders: sorted by their number of tests, as xdist would, each process would leave a folder and come
# back, and start the folder's server again each time.
PYTEST := $(BIN)/python -m pytest -n logical --dist loadscope --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench dev lock pictures schema

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

install: $(STAMP) ## the environment in .venv, with locked dependencies

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更高版本（PYTHON=… 可指定）"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## a demo city on this machine: database, people, server
	@$(BIN)/gongji up --demo

dev: install ## the same, with its data inside this folder
	@$(BIN)/gongji up --demo --data .state/data

check: install ## format, lint, types, import rules, policy files, quick tests
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gongji regions check
	$(BIN)/gongji channels check
	$(PYTEST) tests/unit tests/cases tests/property tests/architecture

test: install browser ## everything CI runs: checks, real PostgreSQL, real browser
	@$(MAKE) --no-print-directory check
	# The longest modules first, so that no process ends long after the other.
	$(PYTEST) tests/acceptance tests/integration tests/contract

.PHONY: browser
browser: install
	@{ test -x /usr/bin/chromium && command -v pdftotext >/dev/null; } || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk poppler-utils >/dev/null; } \
		|| { echo "缺少 /usr/bin/chromium 或 pdftotext：请以管理员身份运行 apt-get install chromium fonts-noto-cjk poppler-utils"; exit 1; }

bench: install ## figures of this machine, as ratios in one run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]' --no-build-isolation
	$(BIN)/gongji bench settle --runs 3 --picture docs/performance.svg

pictures: browser ## the pictures in docs/, taken anew
	$(BIN)/python tests/acceptance/web/pictures.py

schema: ## write the first migration from the schema, while nothing is released
	@cat src/gongji/ledger/schema/*.sql > src/gongji/ledger/migrations/0001_initial.sql

lock: install ## write requirements/*.txt from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev --group build -o requirements/dev.txt
