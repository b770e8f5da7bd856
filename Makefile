# make run    start everything (makes .venv itself)      make test   all tests
# make check  lint, types, tests: what CI runs           make demo   demo data into an unused database
# make doctor what is well and what is not               make bench  how fast it is here
# make day    a working day of the demo city in eight minutes, while `make run` runs
# make bench-day   a tenth of a working day, move by move; `python -m bench.scale`, `.faults`, `.stress`: docs/bench.md
# make bench-live  5,316 open desks that hear of 80 changes a second
# make shots  the pictures of docs/, from the walk through all desks in a browser

SHELL := /bin/bash
.DEFAULT_GOAL := run
.PHONY: run test check lint format demo day doctor bench bench-day bench-live shots browser clean

BIN := .venv/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

run: .venv/installed
	@exec $(BIN)/python -m hotline.cli run

demo doctor: .venv/installed
	@exec $(BIN)/python -m hotline.cli $@

day: .venv/installed
	@exec $(BIN)/python -m hotline.cli demo --day $(ARGS)

bench: .venv/installed-dev
	@exec $(BIN)/python -m bench

bench-day: .venv/installed-dev
	@exec $(BIN)/python -m bench.day $(ARGS)

bench-live: .venv/installed-dev
	@exec $(BIN)/python -m bench.live $(ARGS)

test: .venv/installed-dev browser
	@exec $(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

shots: .venv/installed-dev browser
	@SHOTS=docs/shots $(BIN)/python -m pytest tests/browser/test_whole_way.py

check: lint test

lint: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Installed again only when pyproject.toml changed.
.venv/installed: pyproject.toml | .venv/bin/python
	@echo "Installing (once; a minute or two) …"
	@$(PIP) install --editable . && touch $@

.venv/installed-dev: pyproject.toml | .venv/bin/python
	@echo "Installing what the tests need (once) …"
	@$(PIP) install --editable '.[dev]' && touch .venv/installed $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: on Debian or Ubuntu, apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment: apt install python3-venv"; exit 1; }

# Browser tests need a Chromium and a Chinese font; without them they are skipped and say so.
browser:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then \
		fc-list :lang=zh 2>/dev/null | grep -q . && exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium and fonts-noto-cjk for the browser tests (once) …"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			chromium fonts-noto-cjk fontconfig; } >/dev/null 2>&1 \
		|| echo "chromium could not be installed: browser tests will be skipped"; \
	else echo "Browser tests will be skipped: they need chromium and fonts-noto-cjk (sudo apt install chromium fonts-noto-cjk)"; fi

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
