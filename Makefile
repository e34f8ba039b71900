# The doors of the repository. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
export QT_QPA_PLATFORM ?= $(if $(DISPLAY)$(WAYLAND_DISPLAY),,offscreen)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check faults bench freeze installer docs

help: ## list the doors
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with everything pinned by constraints.txt

# Touched last, so that an interrupted set-up is taken up again.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make setup PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev,train]'
	$(BIN)/pip uninstall --quiet --yes openvino-telemetry # reports the use of OpenVINO; its import is optional
	touch $@

demo: setup ## read, run, explain and report real and synthetic images into demo-out/ (DOWNLOAD=1 fetches more)
	$(BIN)/medimg demo $(if $(DOWNLOAD),--download)

test: setup ## the tests, under 15 minutes on two cores, no network
	QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=2 $(BIN)/pytest -m 'not slow' --durations 12

check: setup ## lint, types and every test, the slow proofs too
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=2 $(BIN)/pytest

faults: setup ## inputs with planted faults: each is read right, or its problem is reported
	$(BIN)/python -m tests.faults

freeze: setup ## one folder that runs without Python: dist/medimg-workstation
	$(BIN)/python installer/freeze.py

installer: freeze ## the frozen folder as .deb and self-extracting .run, with checksums and licences
	$(BIN)/python installer/build.py

bench: setup ## minutes, seconds and megabytes of the main steps on this machine
	$(BIN)/python -m tests.bench scan
	$(BIN)/python -m tests.bench read
	$(BIN)/python -m tests.bench.starting

docs: setup ## write docs/verbs.md, docs/modules.md and the README's figures from the repository
	$(BIN)/python docs/generate.py
