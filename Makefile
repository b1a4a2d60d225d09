# `make run` and `make test` set up everything they need in .venv; nothing else is to be installed.
PYTHON ?= $(shell for v in 3.13 3.12 3.11 3; do command -v python$$v >/dev/null 2>&1 && python$$v -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v python$$v; break; }; done)
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes

.PHONY: run test torture rasa test-rasa setup setup-dev lock clean
.DEFAULT_GOAL := run

run:
	@echo "Học Tập: http://127.0.0.1:$${HOCTAP_PORT:-8080}/"
	@$(MAKE) --no-print-directory setup
	@exec .venv/bin/hoctap run

# Every worker has a core to itself: threads of one would only wait for the other's. What is compiled is kept.
test: export OPENBLAS_NUM_THREADS = 1
test: export PYTHONDONTWRITEBYTECODE =
test: setup-dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/hoctap content check
	.venv/bin/pytest -n auto --dist worksteal

# Rasa in an environment of its own; the bot uses it with HOCTAP_NLU=rasa.
rasa:
	nlu/rasa.sh train nlu --fixed-model-name hoctap
	exec nlu/rasa.sh serve

test-rasa: setup-dev
	.venv/bin/pytest -m rasa tests/rasa

# About half an hour: 20,000 recipients, 200 kills, on SQLite and on a PostgreSQL cluster of its own.
torture: setup
	.venv/bin/hoctap bench torture --people 20000 --kills 200
	.venv/bin/hoctap bench torture --people 20000 --kills 200 --policy resend
	.venv/bin/hoctap bench torture --people 20000 --kills 200 --workers 4 --postgresql

setup: .venv/.ready
setup-dev: .venv/.ready-dev

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -m venv .venv || { echo "python -m venv failed: on Debian and Ubuntu, apt install python3-venv"; exit 2; }

.venv/.ready: requirements.txt pyproject.toml | .venv/bin/python
	@$(PIP) -r requirements.txt
	@.venv/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.ready-dev: requirements-dev.txt .venv/.ready
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Pins again what pyproject.toml asks for; needs uv. What vietnamadminunits' parser needs stays out:
# only its data files are read.
LOCK = uv pip compile pyproject.toml --extra build --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-package shapely --no-emit-package geopy \
	--no-emit-package geographiclib --no-emit-package tqdm --no-emit-package unidecode
lock:
	$(LOCK) -o requirements.txt > /dev/null
	$(LOCK) --extra dev -c requirements.txt -o requirements-dev.txt > /dev/null
	uv pip compile nlu/requirements-rasa.in --quiet --python-version 3.10 --python-platform x86_64-manylinux_2_28 \
		--generate-hashes --no-header --no-emit-index-url --no-annotate -o nlu/requirements-rasa.txt > /dev/null

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
