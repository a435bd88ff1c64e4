# `make check` is the gate: what it refuses does not go in. See CONTRIBUTING.md.

PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)
PYTEST = $(PYTHON) -m pytest -q
UV ?= uv
FUZZ_SECONDS ?= 60
COMPILE = $(UV) pip compile --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-config --no-emit-index-url --custom-compile-command "make lock" -q
RUNTIME = pyproject.toml --extra postgres --group build

.PHONY: check lint test fuzz bench lock

check: lint
	$(PYTEST) -m "not slow"

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

test:
	$(PYTEST) -n 2

# The reader of timing texts on random input; needs requirements-fuzz.lock installed.
fuzz:
	$(PYTHON) -m tests.scheduler.timing.fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=600 -print_final_stats=1

# The reader beside others; needs the dependency group "bench" installed.
bench:
	$(PYTHON) -m tests.bench.timing

lock:
	$(COMPILE) $(RUNTIME) -o requirements.lock
	$(COMPILE) $(RUNTIME) --group test -o requirements-test.lock
	$(COMPILE) --group fuzz -o requirements-fuzz.lock
