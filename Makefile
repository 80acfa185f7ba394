# make run    starts the app            make test   everything CI checks
# make eval   measures the quality and writes docs/quality-report.md
# make bench  measures speed and memory and writes docs/measurements/bench.json
# Python 3.11 to 3.13; choose one with `make PYTHON=python3.12 run`
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8501
# glibc keeps a pool of memory a thread, and Streamlit runs every click in a new one: two pools keep the server from growing
export MALLOC_ARENA_MAX := 2
NOT_LOCKED := $(addprefix --no-emit-package ,triton cuda-bindings cuda-pathfinder cuda-toolkit $(addprefix nvidia-,cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile curand cusolver cusparse cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx))

.PHONY: run test check-content lint eval bench lock clean

run: $(VENV)/installed
	-$(BIN)/python -m ingest
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/installed-dev lint check-content
	$(BIN)/python scripts/find_chromium.py --install
	$(BIN)/pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-content: $(VENV)/installed
	$(BIN)/python -m evals.content

eval: $(VENV)/installed-dev
	$(BIN)/python cli.py eval

bench: $(VENV)/installed-dev
	$(BIN)/python scripts/find_chromium.py --install
	$(BIN)/python -m evals bench

# The stamps: a second run installs nothing unless a lock has changed.
$(VENV)/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Groundwork needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	touch $@

# torch's CUDA packages are left to pip: a CPU build has none.
lock:
	uv pip compile --quiet --universal --no-header --python-version 3.11 $(NOT_LOCKED) requirements.txt -o requirements.lock
	uv pip compile --quiet --universal --no-header --python-version 3.11 requirements-dev.txt -o requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
