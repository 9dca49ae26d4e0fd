# One list of commands for people and for CI. `make` alone prints it.

.DEFAULT_GOAL := help
.PHONY: help setup frontend demo test guards lint format types imports frontend-checks drift deploy-check security fresh unit pytest e2e measure pictures bench chaos chromium lock blueprint openapi clean
.NOTPARALLEL:

# The machine's Python; the first that is new and not too new. `make PYTHON=... demo` names another.
PYTHON ?= $(shell for name in python3 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && { echo "$$name"; exit; }; \
	done; echo python3)
RUN := .venv/bin/python
EMBEDDED := $(RUN) -m saas.embedded
TRIAL := $(EMBEDDED) test-env --
HEAD = @printf '\n== %s\n'

help:  ## print this list
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/' | awk -F '\t' '{printf "make %-16s %s\n", $$1, $$2}'

setup:  ## make .venv and install the locked dependencies, where that is not done
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or 3.12 is needed, and there is no $(PYTHON) here." >&2; exit 1; }
	@$(PYTHON) saas/embedded/bootstrap.py

frontend: setup  ## build the front end, where its sources changed
	@$(EMBEDDED) frontend

demo: frontend  ## run everything with demo data, in the foreground (PORT=9000 make demo moves it)
	@exec $(EMBEDDED) demo --with-make

test: chromium guards pytest e2e  ## everything that guards the project, browser tests included

guards: setup lint types imports security frontend-checks drift deploy-check  ## every guard that is not a test

lint: setup  ## lint and format check
	$(HEAD) "Lint (ruff)"
	@$(RUN) -m ruff check .
	$(HEAD) "Format (ruff)"
	@$(RUN) -m ruff format --check .

format: setup  ## put the code into the one format
	@$(RUN) -m ruff format .
	@$(RUN) -m ruff check --fix .

types: setup  ## Python types (strict)
	$(HEAD) "Python types (mypy)"
	@SECRET_KEY=types DEBUG=1 $(RUN) -m mypy .

imports: setup  ## the layer table
	$(HEAD) "Import contracts (import-linter)"
	@$(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

frontend-checks: setup  ## front end: build, types and unit tests
	$(HEAD) "Front end: build, types (tsc), unit tests (node --test)"
	@$(EMBEDDED) frontend
	@$(EMBEDDED) npm -- run --silent typecheck
	@$(EMBEDDED) npm -- run --silent test

drift: setup  ## migrations that the models lack, and a description of the API that is not the API's
	$(HEAD) "Migration drift"
	@$(TRIAL) $(RUN) manage.py makemigrations --check --dry-run
	$(HEAD) "API description (docs/openapi.json; to renew it: make openapi)"
	@$(TRIAL) $(RUN) manage.py export_openapi_schema --api saas.api.api --indent 2 --output .data/openapi.json
	@diff docs/openapi.json .data/openapi.json

# A production's settings, none of them real: what `check --deploy` says must hold for them.
deploy-check: setup  ## Django's checks of a production's settings
	$(HEAD) "Deployment checks"
	@DEBUG=0 SECRET_KEY="$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(64))')" SAAS_DOMAIN=handoff.example.com \
		DATABASE_URL=postgresql://saas:x@127.0.0.1:1/saas REDIS_URL=redis://127.0.0.1:1/0 EMAIL_URL=smtp+tls://127.0.0.1:1 \
		TRUSTED_PROXIES=10.0.0.0/8 $(RUN) manage.py check --deploy --fail-level WARNING

security: setup  ## known unsafe calls, and what this house forbids; offline
	$(HEAD) "Unsafe calls (bandit)"
	@$(RUN) -m bandit --quiet --configfile pyproject.toml --recursive saas shared_apps tenant_apps worker
	$(HEAD) "House bans (semgrep, tests/architecture/semgrep.yml)"
	@.venv/bin/semgrep scan --config tests/architecture/semgrep.yml --metrics off --disable-version-check --quiet --error \
		saas shared_apps tenant_apps worker frontend/templates

fresh: setup  ## whether a direct dependency has a newer patch release; needs the package index, fails without it
	@$(RUN) -m tests.freshness

unit: setup  ## the unit tests alone
	@$(TRIAL) $(RUN) -m pytest tests/unit -n 2

pytest: frontend  ## unit, integration, isolation, hostile, fault and architecture tests
	$(HEAD) "Tests (pytest)"
	@$(TRIAL) $(RUN) -m pytest tests -n 2

e2e: frontend  ## the journeys in a real Chromium
	$(HEAD) "Browser tests (pytest, Playwright)"
	@CHROMIUM="$$($(EMBEDDED) chromium)" && export CHROMIUM && DEBUG=1 PORT=8000 $(RUN) -m pytest e2e

measure: frontend  ## measure a first visit on a slow phone, and write reports/PAGE_SPEED.md
	@CHROMIUM="$$($(EMBEDDED) chromium)" && export CHROMIUM && $(RUN) -m e2e.measure

pictures: frontend  ## take the pictures of README and report
	@CHROMIUM="$$($(EMBEDDED) chromium)" && export CHROMIUM && $(RUN) -m e2e.pictures

bench: frontend  ## measure everything beside its floor or a peer, and write reports/BENCHMARKS.md
	@$(EMBEDDED) test-env --durable -- $(RUN) -m tests.bench

chaos: frontend  ## five thousand leads under faults on a demo of its own; says what was lost
	@$(RUN) -m tests.faults.chaos --leads 5000

chromium: setup  ## find or install the browser of the tests
	@$(EMBEDDED) chromium

lock: setup  ## lock the newest allowed dependencies of pyproject.toml, with hashes
	@$(RUN) -m uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml -o requirements/base.txt
	@$(RUN) -m uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.txt

blueprint: setup  ## write the script that makes a tenant's tables, after a change of migrations
	@$(TRIAL) $(RUN) manage.py write_blueprint

openapi: setup  ## write down the API's description again
	@$(TRIAL) $(RUN) manage.py export_openapi_schema --api saas.api.api --indent 2 --output docs/openapi.json

clean:  ## remove what can be made again; the data in .data stays
	@rm -rf .venv frontend/node_modules frontend/dist frontend/.test .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .data/test
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
