# make book: the website · make check: the tests of a minute · make test: every test · make lab: the chapters in JupyterLab
PYTHON ?= python3
RUN := .venv/bin/python -m
# In two processes, of which each takes whole files, the longest first (conftest.py).
PYTEST := pytest -n 2 -q
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
.PHONY: book pdf check test lock lab chapters experiments bench pack release grade clean

# SOLUTIONS=no: without the solutions of the exercises, in _build/without-solutions.
# CHAPTERS=1-4,6: with these chapters only, in _build/selection.
book: .venv/ready
	$(if $(filter-out no,$(SOLUTIONS)),$(error SOLUTIONS: expected no or nothing, got $(SOLUTIONS)))
	$(RUN) $(if $(CHAPTERS),tools.selection "$(CHAPTERS)" $(if $(SOLUTIONS),--without-solutions),$(if $(SOLUTIONS),tools.edition,tools.book))

# One PDF of the book, by headless Chromium.
pdf: book
	$(RUN) tools.pdf

# Style, types, unit tests, equations: no pages, no grading, no stored results, no trials, nothing that starts many processes.
LONG := site coursework peers chapters claims experiments checks/test_table.py test_conftest.py test_environment.py test_extras.py sweeps/test_processes.py
check: .venv/ready
	$(RUN) $(PYTEST) tests $(foreach part,$(LONG),--ignore tests/$(part))

# What the tests use beside Python is fetched first, where that may be done. OPTIONS are pytest's.
test: .venv/ready
	@$(RUN) tools.provision
	$(RUN) $(PYTEST) $(OPTIONS)

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

# make release PS=ps1 [SEED=7 EXERCISES=1,2] · make grade PS=ps1 SUBMISSIONS=folder [SEED=7 OUT=folder ROSTER=class.csv ID_COLUMN=name COLUMN=name DUE=time LATE=0.1 TIMES=times.csv EXTENSIONS=dates.csv JOBS=4 CLUSTER=address UNSAFE=1]
option = $(if $($(1)),--$(2) "$($(1))")
release: .venv/ready
	$(RUN) coursework.release $(or $(PS),$(error PS: expected a problem set, such as PS=ps1)) $(call option,SEED,seed) $(call option,EXERCISES,exercises) $(call option,OUT,out)

grade: .venv/ready
	$(RUN) coursework.grade $(or $(PS),$(error PS: expected a problem set, such as PS=ps1)) \
	  "$(or $(SUBMISSIONS),$(error SUBMISSIONS: expected the folder with what was handed in))" \
	  $(call option,SEED,seed) $(call option,OUT,out) $(call option,ROSTER,roster) $(call option,ID_COLUMN,id-column) $(call option,COLUMN,column) \
	  $(call option,DUE,due) $(call option,LATE,late) $(call option,TIMES,times) $(call option,EXTENSIONS,extensions) $(call option,JOBS,jobs) \
	  $(call option,CLUSTER,cluster) $(if $(UNSAFE),$(if $(filter 1,$(UNSAFE)),--unsafe,$(error UNSAFE: expected 1 or nothing, got $(UNSAFE))))

clean:
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment: made the first time, brought up to date when what it should hold has changed, and
# made anew where it is half made or was copied along with the course.
ifneq ($(shell cat .venv/ready 2>/dev/null),$(CURDIR))
.PHONY: .venv/ready
endif
.venv/ready: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 to 3.15 is needed; $(PYTHON) is " + sys.version.split()[0])'
	@$(PYTHON) tools/environment.py .venv

# The exact versions, for every supported Python and system. UPGRADE=1 takes the newest.
lock:
	$(PYTHON) -m venv _build/lock
	_build/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	_build/lock/bin/python -m tools.lock $(if $(UPGRADE),--upgrade)
