# Every target sets up what it needs: a virtual environment with the versions of constraints.txt.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2

# torch returns its large buffers to the system after every step and fetches them again: a training step takes
# eight times as long. With these two, glibc keeps them.
export MALLOC_MMAP_THRESHOLD_ := 4294967296
export MALLOC_TRIM_THRESHOLD_ := 17179869184
export HF_HUB_OFFLINE := 1

.PHONY: run test quick kernels test-kernels lint docs bench clean

run: $(VENV)/.installed  ## The embedded model on the default chip: accuracy, cost and a report
	$(BIN)/bitline run --report out/report.html

# One thread per worker: torch would otherwise start as many threads in each as the machine has cores.
test: $(VENV)/.installed-dev  ## The whole suite
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

quick: $(VENV)/.installed-dev  ## The suite without the tests that take minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow"

kernels: $(VENV)/.installed-kernels  ## The compiled path of plan `exact`: optional, needs a C++ compiler

test-kernels: $(VENV)/.installed-dev $(VENV)/.installed-kernels  ## The tests that can tell the compiled path from torch
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest kernels/tests $(addprefix tests/numerics/,plans/test_fused.py plans/test_exact.py test_matrix.py)

lint: $(VENV)/.installed-dev  ## Format, style, types, and which package may import which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed-dev  ## docs/_build/html/index.html; warnings are errors
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

bench: $(VENV)/.installed-dev  ## The ratios of benchmarks/
	$(BIN)/python benchmarks

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "bitline needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,docs]"
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-kernels: $(wildcard kernels/*.* kernels/native/* kernels/src/*/*.py) $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check ./kernels
	@touch $@

clean:
	rm -rf $(VENV) docs/_build docs/generated out .mypy_cache .ruff_cache .pytest_cache .hypothesis
