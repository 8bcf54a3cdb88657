# Two commands set everything up: `make demo` and `make test`. The others build on the same environment.
PYTHON ?= python3
VENV ?= .venv
LLAMA ?= .venv-llama
BIN := $(VENV)/bin

.PHONY: demo test test-llm lab lint bench clean

demo: $(VENV)/.installed
	$(BIN)/agentomics demo

test: $(VENV)/.installed-test
	./tests/browser/chromium --install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadgroup

# A real model, on this machine: the protocol against a server that we did not write.
test-llm: $(VENV)/.installed-test $(LLAMA)/.installed
	AGENTOMICS_LLAMA_PYTHON=$(LLAMA)/bin/python $(BIN)/pytest tests/external

lab: $(VENV)/.installed-test
	$(BIN)/jupyter lab notebooks

lint: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(LLAMA) .pytest_cache .mypy_cache .ruff_cache agentomics_demo

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "agentomics-nb needs Python 3.11 or newer; set PYTHON=/path/to/it")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@ $(VENV)/.installed

$(LLAMA)/.installed: tests/external/requirements.txt
	$(PYTHON) -m venv $(LLAMA)
	$(LLAMA)/bin/python -m pip install --quiet --no-deps --requirement tests/external/requirements.txt
	touch $@
