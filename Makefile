# Two commands for a fresh machine with python3, pip and make: `make try` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: try test docs clean

try: $(VENV)/made
	@echo "Installing Memwell into $(VENV) …"
	@$(BIN)/pip install --quiet .
	@sh tools/try.sh $(BIN)

test: $(VENV)/made
	$(BIN)/pip install --quiet --editable '.[dev]'
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m 'not slow' --numprocesses auto --maxprocesses 4 --dist loadfile

# Writes what is generated from the code; a test fails when it is stale.
docs:
	$(BIN)/python -m memwell_cli.reference > docs/cli.md
	$(BIN)/python -m memwell_cli.client_pages docs/clients
	$(BIN)/python -m memwell_cli.migrating_page > docs/migrating.md

clean:
	rm -rf $(VENV) .try build dist

# Debian's python3 comes without ensurepip: there, pip installs itself into the new environment.
$(VENV)/made:
	@$(PYTHON) -m venv $(VENV) 2>/dev/null \
	  || { $(PYTHON) -m venv --clear --without-pip $(VENV) \
	       && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	@touch $@
