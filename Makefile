# Two commands on a bare machine with Python 3.11 and make: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
# Extras that the tests are run with. Tests that need another one are left out: transformers is a
# gigabyte, spark needs Java, postgres a server.
EXTRAS ?= dev,docs,html,plot,server
# Processes that share the tests, and more arguments for pytest.
WORKERS ?= 2
ARGS ?=
BIN := $(VENV)/bin

.PHONY: help demo test lint format check docs notebooks readme package clean

help:  ## Show what there is to make.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12
	@echo "Some of the tests: make test ARGS='-m \"not spark and not notebooks\"'."
	@echo "Marks: spark, browser, docs, notebooks, faults; see CONTRIBUTING.md."

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.package: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.tests: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	@touch $@ $(VENV)/.package

demo: $(VENV)/.package  ## Find the copies and stories of the demonstration corpus.
	@mkdir -p out
	$(BIN)/dedup cluster seeds/ --output out/articles.parquet --stories out/stories.jsonl --report out/report.html
	$(BIN)/dedup evaluate out/articles.parquet seeds/articles.jsonl
	@echo "Open out/report.html in a browser."

test: $(VENV)/.tests  ## Run the tests.
	$(BIN)/python -m pytest -q -n $(WORKERS) --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.tests  ## Check style and types.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.tests  ## Format the code.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

check: lint test  ## Everything that must hold before a change lands.

docs: $(VENV)/.tests  ## Make the reference from the docstrings: out/docs/index.html.
	$(BIN)/python -m benchmarks.reference out/docs

notebooks: $(VENV)/.tests  ## Run the notebooks and store what they show.
	$(BIN)/python -m benchmarks.notebooks

readme: $(VENV)/.tests  ## Put real outputs and measured tables into the documentation.
	$(BIN)/python -m benchmarks.readme

package: $(VENV)/.tests  ## Build wheel and sdist, and try both in a clean environment.
	$(BIN)/python -m benchmarks.package

clean:  ## Remove what was made.
	rm -rf $(VENV) out build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
