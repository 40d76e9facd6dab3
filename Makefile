# The front door: everything a person or CI does here, by name.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup run test check format bench evidence lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

# 28 days of the sample couples in a few seconds, then the daemon, on SQLite and the outbox.
run: setup
	$(BIN)/nudger demo
	exec $(BIN)/nudger run

test: setup
	$(BIN)/python -m pytest -n 2 --dist worksteal

# Everything a change must pass: form, lint, types, layers, tests.
check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nudger check
	$(MAKE) test

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Speed, as ratios against a bare lower bound in the same run.
bench: setup
	$(BIN)/python -m benchmarks

# 50 times kill -9 in the middle of 2,000 due messages; takes minutes, so it is not part of `test`.
evidence: setup
	$(BIN)/python -m benchmarks.kill_loop

# Pin every dependency with its hashes; the file names no index.
lock:
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/python -m piptools compile --quiet --allow-unsafe --generate-hashes --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --resolver=backtracking \
		--extra test --extra postgres --build-deps-for wheel -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
