# The commands of this project. `make help` lists them.

PORT ?= 8000
HOST ?= 127.0.0.1
FUZZ_S ?= 600
BIN := .venv/bin
# The first Python that this project runs on; say PYTHON=/path/to/python3.11 to choose another.
PYTHON ?= $(shell for python in python3.11 python3.12 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && echo $$python && break; done)

# One test process for each core, but four at most; within each, libraries use one thread, or they fight for the cores.
ON_ALL_CORES := -p tests.sharing --numprocesses auto --maxprocesses 4

.DEFAULT_GOAL := help
.PHONY: help play test check bench fuzz starter clean

help: ## List these targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST)

play: .venv/.game ## Play: install what is missing, then serve the game (PORT=8000, HOST=127.0.0.1; HOST=0.0.0.0 for a classroom)
	@$(BIN)/python manage.py play --port $(PORT) --host $(HOST)

test: .venv/.tests ## Run every test; installs Redis, PostgreSQL and Chromium where it may
	@sh tests/install_servers.sh
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(ON_ALL_CORES)

check: .venv/.tests ## The quick loop: lint, format, types, fast tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -m "not slow and not browser and not redis and not postgres"

bench: .venv/.tests ## Print the benchmarks: each a ratio against something measured in the same run; installs as test does
	@sh tests/install_servers.sh
	@$(BIN)/python -m benchmarks

fuzz: .venv/.tests ## Look for files that break the reader of photos (FUZZ_S=600 seconds of files, then EXIF, then words; Linux on x86-64)
	@for target in file exif words; do nice $(BIN)/python -m tests.fuzz $$target $(FUZZ_S) || exit 1; done

starter: .venv/.tests ## Paint the three sets of photos that ship with the game anew
	@sh tests/install_servers.sh
	@$(BIN)/python -m predictor.toyearth starter --out geogame/starter

clean: ## Remove the environment and everything this installation made (its database and photos too!)
	rm -rf .venv var

.venv/.game: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed and was not found. Install it (Debian: apt install python3 python3-venv), or name it: make play PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { echo "The virtual environment could not be made. On Debian: apt install python3-venv" >&2; exit 1; }
	@echo "Installing what the game needs (the first time this takes some minutes)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt || { echo "The download failed. Is this machine connected? What arrived is kept: run the same command again." >&2; exit 1; }
	@touch $@

.venv/.tests: .venv/.game tests/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt || { echo "The download failed. Is this machine connected? What arrived is kept: run the same command again." >&2; exit 1; }
	@touch $@
