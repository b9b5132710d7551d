# Tasks of a developer; `make` lists them.
PYTHON ?= python3
BIN := .venv/bin
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" --quiet

export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help setup test slow lint format docs evidence gallery bench lock dist

help: ## list the tasks
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 12

setup: ## make .venv and install the project with all its tools
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .

test: ## run the suite
	$(BIN)/python -m pytest -n auto

slow: ## run the slow tests
	$(BIN)/python -m pytest -m slow -n auto

lint: ## check style, types and the layers of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: ## repair what ruff can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: ## write true outputs into the READMEs and docs, and the JSON Schema of a plan
	$(BIN)/forecast schema > scenarios/plan.schema.json
	$(BIN)/python -m tests.support.readme

evidence: ## write docs/evidence.md (about ten minutes)
	$(BIN)/python -m tests.validation.evidence

gallery: ## draw six plans as page, phone, A4 sheet and workbook, and the pictures of the READMEs
	$(BIN)/python -m benchmarks.gallery

bench: ## measure speed, and fail beyond the bars of the README
	$(BIN)/python -m benchmarks.run --gate

lock: ## resolve both locks anew from pyproject.toml; pins that still fit are kept (needs uv)
	$(LOCK) --group dev --extra cluster --output-file requirements-dev.lock
	$(LOCK) --group build --constraint requirements-dev.lock --output-file requirements.lock

dist: ## build the wheel and the source archive in dist/
	$(BIN)/python -m hatchling build
