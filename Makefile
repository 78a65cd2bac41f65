# Chatsite: `make run` starts it, `make test` proves it.

PYTHON ?= python3
BIN = .venv/bin

.PHONY: run model test chaos lint format bench screenshots requirements messages

run: .venv/ready
	$(BIN)/python manage.py serve

# NAME is a name of `manage.py model list`, an address or a file; without it, what suits this machine.
model: .venv/local
	$(BIN)/python manage.py model get $(NAME)

test: .venv/dev
	$(BIN)/python -m tests.run

# NAMES are scenarios; without any, all of them. SHARE=0.1 does each a tenth as often.
SHARE ?= 1

chaos: .venv/dev
	$(BIN)/python -m tests.chaos $(NAMES) --share $(SHARE)

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djade --check --target-version 5.2 $$(git ls-files 'templates/**.html' 'templates/*.html')
	$(BIN)/mypy chatsite accounts llm conversations

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	-$(BIN)/djade --target-version 5.2 $$(git ls-files 'templates/**.html' 'templates/*.html')

bench: .venv/dev
	$(BIN)/python -m benchmarks

screenshots: .venv/dev
	$(BIN)/python -m tests.browser.screenshots
	$(BIN)/python -m tests.browser.screenshots --all var/screenshots

messages: .venv/dev
	$(BIN)/python -m tests.languages.extract

requirements: .venv/dev
	$(BIN)/uv pip compile -q --no-header --no-annotate --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --no-header --no-annotate --python-version 3.11 requirements-mcp.in -o requirements-mcp.txt
	$(BIN)/uv pip compile -q --no-header --no-annotate --python-version 3.11 requirements-local.in -o requirements-local.txt
	$(BIN)/uv pip compile -q --no-header --no-annotate --python-version 3.11 requirements-dev.in -o requirements-dev.txt

.venv/ready: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/local: .venv/ready requirements-local.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-local.txt
	@touch $@

.venv/dev: .venv/ready requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
