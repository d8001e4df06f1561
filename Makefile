# make book: the website · make test: every test · make lab: the chapters in JupyterLab
PYTHON ?= python3
RUN := .venv/bin/python -m
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=300 --nbval-sanitize-with tests/nbval_sanitize.cfg
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
.PHONY: book test lab chapters experiments bench pack clean

book: .venv/ready
	$(RUN) tools.book

test: .venv/ready
	$(RUN) pytest tests chapters $(NBVAL)

lab: .venv/ready
	$(RUN) jupyterlab chapters

chapters: .venv/ready
	$(RUN) tools.notebooks

experiments: .venv/ready
	$(RUN) experiments

bench: .venv/ready
	$(RUN) benchmarks.run

pack: book
	$(RUN) tools.pack

clean:
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment, made anew when what it should hold has changed.
.venv/ready: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; $(PYTHON) is " + sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(RUN) pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	touch $@
