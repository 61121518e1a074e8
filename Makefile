# Two commands are all a newcomer needs: `make demo` and `make test`. Both work from a bare checkout.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

PICTURES := $(patsubst %.py,%.svg,$(filter-out %/paper.py,$(wildcard docs/pictures/*.py)))

.PHONY: help demo test check static format docs pictures bench calibrate clean
.NOTPARALLEL:

help:
	@echo "make demo     the report on 23,570 real customers, in the terminal and as HTML"
	@echo "make test     every test"
	@echo "make check    format, lint, types, import layers, strict docs"
	@echo "make format   rewrite the code in the house format"
	@echo "make docs     the documentation, in docs/_build/html"
	@echo "make pictures the drawings of the documentation, drawn again"
	@echo "make bench    speed and memory against the peers"
	@echo "make calibrate are posteriors and intervals as sure as they may be: thousands of simulated bases"
	@echo "make clean    remove what was built (the environment stays: $(VENV))"

demo: $(VENV)/.with-demo
	@$(BIN)/retainkit demo $(ARGS)

test: $(VENV)/.with-test
	@$(BIN)/python -m pytest $(ARGS)

check: static
	$(BIN)/python -m pytest -q tests/architecture
	@$(MAKE) --no-print-directory docs

static: $(VENV)/.with-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/.with-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.with-dev $(PICTURES)
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

pictures: $(VENV)/.with-dev
	rm -f $(PICTURES)
	@$(MAKE) --no-print-directory $(PICTURES)

# A picture is drawn where it is missing, as in a source distribution; it is kept otherwise.
docs/pictures/%.svg: | $(VENV)/.with-dev
	$(BIN)/python docs/pictures/$*.py

bench: $(VENV)/.with-test
	@$(BIN)/python benchmarks/run.py $(ARGS)

calibrate: $(VENV)/.with-test
	@$(BIN)/python benchmarks/calibrate.py $(ARGS)
	@$(BIN)/python benchmarks/interval_coverage.py

clean:
	rm -rf build dist docs/_build .pytest_cache .ruff_cache .hypothesis
	find src tests docs examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each set of extras: installed again only when pyproject.toml changes.
# uv is used where it is present, since it is faster; pip does the same.
$(VENV)/.with-%: pyproject.toml | $(BIN)/python
	@echo "Installing retainkit[$*] into $(VENV) (once; it may take a minute) ..."
	@{ command -v uv >/dev/null 2>&1 && uv pip install --quiet --python $(BIN)/python -e '.[$*]'; } \
		|| $(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[$*]'
	@touch $@

$(BIN)/python:
	@if $(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		$(PYTHON) -m venv $(VENV); \
	elif command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --seed --python '>=3.11' $(VENV); \
	else \
		echo "retainkit needs Python 3.11 or newer with its venv module (Debian, Ubuntu: apt install python3-venv)." >&2; \
		echo "To use another Python than $(PYTHON): make PYTHON=python3.12 ..." >&2; \
		exit 1; \
	fi
