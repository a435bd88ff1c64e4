# `make check` is the gate: what it refuses does not go in. See CONTRIBUTING.md.

PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)
PYTEST = $(PYTHON) -m pytest -q
UV ?= uv
COMPILE = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-config --no-emit-index-url --custom-compile-command "make lock" -q

.PHONY: check lint test lock

check: lint
	$(PYTEST) -m "not slow"

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

test:
	$(PYTEST) -n 2

lock:
	$(COMPILE) --extra postgres --group build -o requirements.lock
	$(COMPILE) --extra postgres --group build --group test -o requirements-test.lock
