"""The environment variables that the book is built with, in Sphinx and in every notebook.

Nothing that a reader's shell or home folder adds takes part: no settings of Python, IPython,
Jupyter, matplotlib or Node. What these would keep in a home folder lies in one of the build's, so
that a home need not exist. Needs nothing but Python.
"""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Processes share the cores; with threads of their own they would be in each other's way.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM")}
LEFT_OUT = re.compile(
    r"PYTHON(?!HOME$|DONTWRITEBYTECODE$|PYCACHEPREFIX$)"
    r"|JUPYTER|IPYTHON|MPL|MATPLOTLIB|PYDEVD|DOCUTILS|NODE_"
)


def environment(folder: Path) -> dict[str, str]:
    """Return the variables; settings and caches go to `folder`."""
    kept = {name: value for name, value in os.environ.items() if not LEFT_OUT.match(name)}
    own = {
        "PYTHONPATH": str(ROOT),  # before an rnnlib that is installed, perhaps from elsewhere
        "PYTHONUTF8": "1",
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder / "jupyter"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
    }
    return kept | ONE_THREAD | own


def set_environment(folder: Path) -> None:
    """Give these variables to this process and to those that it starts."""
    for name in ("ipython", "jupyter", "matplotlib"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    wanted = environment(folder)
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)
