# The front door: everything a person or CI does here, by name.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Tests start some hundred Python processes: where a shell forbids the cache, each would compile all it imports again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test test-long check format bench load simulate coverage evidence evidence-long evidence-move evidence-reload evidence-restore evidence-keys newcomer docs lock lock-deploy clean

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

# One process more than cores, as a third of the tests' time is waiting for servers, browsers and daemons.
test: setup
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not long"

# The hundred tests that take half of all the time: browsers, whole evenings and years, every case there is.
test-long: setup
	$(BIN)/python -m pytest -n 3 --dist worksteal -m long

# Everything a change must pass: form, lint, types, layers, tests.
check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nudger check
	$(MAKE) test test-long

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Speed, as ratios against a bare lower bound in the same run.
bench: setup
	$(BIN)/python -m benchmarks

# 200 signed status callbacks a second for a minute at a running daemon: none lost, p99 under 300 ms.
load: setup
	$(BIN)/python -m benchmarks callbacks

# A year of twelve couples from the shipped pools; the figures go to docs/coverage.md.
coverage: setup
	$(BIN)/python -m benchmarks.coverage --write

# 2,000 seeds of people, processes and providers in which much goes wrong: a few minutes on two free cores.
simulate: setup
	PYTHONPATH=tests $(BIN)/python -m simulation --seeds 2000

# The service killed, stopped, starved and lied to, each scenario in its short form: some ten minutes in all.
evidence: setup
	$(BIN)/python -m benchmarks.evidence

# The long forms, whose figures go to docs/evidence.md: about an hour on a quiet machine.
evidence-long: setup
	$(BIN)/python -m benchmarks.evidence --scenario kills --kills 1000 --messages 50000 --write
	$(BIN)/python -m benchmarks.evidence --scenario cluster --kills 300 --messages 30000 --write
	$(BIN)/python -m benchmarks.evidence --scenario steps --kills 80 --messages 2000 --write
	$(BIN)/python -m benchmarks.evidence --write --scenario stopped --scenario unclear --scenario outage \
		--scenario locked --scenario full --scenario clock --scenario mark-then-send --scenario send-then-mark

# 100,000 couples with a year of history moved to PostgreSQL, killed twice on the way, compared row by row; a quarter hour.
evidence-move: setup
	$(BIN)/python -m benchmarks.move_loop --write

# Schedules edited, and edited badly, while 10,000 texts are planned and 100 are on their way.
evidence-reload: setup
	$(BIN)/python -m benchmarks.reload_loop

# 100 backups and restores at random moments under load.
evidence-restore: setup
	$(BIN)/python -m benchmarks.restore_loop

# The keys of 100,000 rows rotated, killed 20 times: every value opens afterwards, under one key.
evidence-keys: setup
	$(BIN)/python -m benchmarks.key_loop

# A newcomer's first evening in an empty environment, from the wheel: under two minutes. PYTHONS names interpreters.
newcomer: setup
	$(BIN)/python -m benchmarks.newcomer $(PYTHONS)

# The documentation as pages in docs/_build/html; a warning is an error, and nothing is fetched.
docs: setup
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs docs/_build/html

# Pin every dependency with its hashes; the file names no index.
lock:
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/python -m piptools compile --quiet --allow-unsafe --generate-hashes --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --resolver=backtracking \
		--extra test --extra postgres --extra apprise --extra docs --build-deps-for wheel -o requirements.lock pyproject.toml

# The parts of the lock that a machine needs which runs Nudger, or builds its wheel.
lock-deploy:
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/python -m piptools compile --quiet --allow-unsafe --generate-hashes --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --resolver=backtracking \
		--extra postgres --extra apprise --constraint requirements.lock -o deploy/requirements.lock pyproject.toml
	$(BIN)/python -m piptools compile --quiet --allow-unsafe --generate-hashes --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --resolver=backtracking \
		--only-build-deps --build-deps-for wheel --constraint requirements.lock -o deploy/build.lock pyproject.toml

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
