# Two commands set everything up: `make demo` and `make test`. The others build on the same environment.
PYTHON ?= python3
VENV ?= .venv
LLAMA ?= .venv-llama
CRATE ?= .venv-crate
BIN := $(VENV)/bin

NPM := PATH=$(abspath $(BIN)):$$PATH npm --prefix labextension
EXTENSION := $(VENV)/share/jupyter/labextensions/agentomics-nb

# An editable install needs no Node; the labextension is built below, for those who open JupyterLab.
export AGENTOMICS_WITHOUT_LABEXTENSION := 1

# The tests start thousands of processes: let Python keep what it has compiled, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-llm lab lint bench labextension clean

demo: $(VENV)/.installed
	$(BIN)/agentomics demo

test: $(VENV)/.installed-test $(EXTENSION) $(CRATE)/.installed
	./tests/browser/chromium --install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(NPM) run --silent lint
	$(NPM) run --silent test
	AGENTOMICS_CRATE_VALIDATOR=$(abspath $(CRATE))/bin/rocrate-validator $(BIN)/pytest -n 2 --dist loadgroup

# A real model, on this machine: the protocol against a server that we did not write.
test-llm: $(VENV)/.installed-test $(LLAMA)/.installed
	AGENTOMICS_LLAMA_PYTHON=$(LLAMA)/bin/python $(BIN)/pytest tests/external

lab: $(VENV)/.installed-test $(EXTENSION)
	$(BIN)/jupyter lab notebooks

lint: $(VENV)/.installed-test labextension/node_modules
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy
	$(NPM) run --silent lint:fix

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks

labextension: $(EXTENSION)

clean:
	rm -rf labextension/node_modules labextension/built labextension/lib labextension/lib-test
	rm -rf agentomics_nb/views/dashboard/static
	rm -rf $(VENV) $(LLAMA) $(CRATE) .pytest_cache .mypy_cache .ruff_cache agentomics_demo

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

$(CRATE)/.installed: tests/functional/crate_requirements.txt
	$(PYTHON) -m venv $(CRATE)
	$(CRATE)/bin/python -m pip install --quiet --no-deps --requirement tests/functional/crate_requirements.txt
	touch $@

labextension/node_modules: labextension/package-lock.json | $(VENV)/.installed-test
	$(NPM) ci --silent
	touch $@

$(EXTENSION): labextension/built/package.json
	mkdir -p $(dir $@)
	ln -sfn $(abspath labextension/built) $@

labextension/built/package.json: labextension/node_modules $(wildcard labextension/*.json labextension/*/*.ts labextension/s*/* labextension/dashboard/*)
	$(NPM) run --silent build
	touch $@
