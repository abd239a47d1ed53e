# make run: the environment, the workflow, the report. Needs Python >= 3.11 (PYTHON=…) and a C compiler (CC=…).

SNAKEMAKE := .venv/bin/snakemake
REPORT := results/report.html
SHOWN := results resources/report config rules Snakefile

.PHONY: run test lint report clean-env env

run: env
	@$(SNAKEMAKE) --cores all
	@test -e $(REPORT) && test -z "$$(find $(SHOWN) -type f -newer $(REPORT))" || $(SNAKEMAKE) --report $(REPORT)
	@echo $(REPORT)

test: env
	@.venv/bin/python -m pytest

lint: env
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/snakefmt --check .
	@$(SNAKEMAKE) --lint

report: env
	@$(SNAKEMAKE) --report $(REPORT)
	@echo $(REPORT)

env:
	@PYTHON="$(PYTHON)" envs/install.sh

clean-env:
	rm -rf .venv
