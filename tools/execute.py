"""Sphinx extension: notebooks are executed side by side, and only when something has changed.

Each core takes a notebook while Sphinx reads the other pages; a notebook's page is read when its
outputs are there. They are stored (see `tools/store.py`), but for those of a notebook that fails or
writes to stderr: that is a warning, which stops a build with `-W`, and its reason may lie outside
of the notebook, such as a disk that was full.
"""

import os
import sys
import threading
import warnings
from concurrent.futures import Future
from copy import deepcopy
from io import TextIOWrapper
from pathlib import Path, PurePosixPath
from queue import Empty, SimpleQueue
from typing import Any

import myst_nb.sphinx_
import nbformat
from myst_nb.core.execute import NotebookClientBase
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from tools import kernels, state, turn
from tools.store import Store, code_cells
from tools.variables import ROOT, set_environment

LOGGER = logging.getLogger(__name__)
# Whatever a notebook says of its kernel: see tools/kernels.py.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
# What nbformat raises for a text that is no notebook, as after a conflict in git.
UNREADABLE = (ValueError, nbformat.ValidationError, AttributeError, KeyError, TypeError)

# Other editors write no cell ids, or the same twice; nbformat mends that.
for category in (DuplicateCellId, MissingIDFieldWarning):
    warnings.filterwarnings("ignore", category=category)


class Execution:
    """The notebooks of one build, executed as far as that is needed."""

    def __init__(self, app: Sphinx) -> None:
        root, work = Path(app.srcdir), Path(app.outdir).parent
        surroundings = state.digest_of(state.environment(), state.contents(root, state.EXECUTION))
        self.root = root
        self.timeout = app.config.nb_execution_timeout
        self.store = Store(work / "executed", surroundings)
        self.pages: dict[Path, str] = {}
        self.keys: dict[Path, str] = {}
        self.runs: dict[Path, Future[kernels.Run]] = {}

    def start(self, app: Sphinx, env: BuildEnvironment, *_: Any) -> list[str]:
        """Execute in the background what is not stored; name the pages whose outputs are new."""
        waiting: list[tuple[Path, NotebookNode]] = []
        for page in sorted(env.found_docs):
            path = Path(env.doc2path(page))
            if any(map(PurePosixPath(path).match, app.config.nb_execution_excludepatterns)):
                continue
            notebook = read(path, env)
            if notebook is None or not code_cells(notebook):
                continue
            self.pages[path], self.keys[path] = page, self.store.key(notebook, path.parent)
            if not self.store.load(self.keys[path], notebook):
                waiting.append((path, notebook))
        self.execute(waiting)
        shown = getattr(env, "executed", {})
        return [
            page
            for path, page in self.pages.items()
            if path in self.runs or shown.get(path) != self.keys[path]
        ]

    def execute(self, notebooks: list[tuple[Path, NotebookNode]]) -> None:
        """Execute notebooks on as many threads as there are cores."""
        # A long program is likely to take long, and what takes long must not begin last.
        notebooks.sort(key=lambda each: -sum(len(cell.source) for cell in code_cells(each[1])))
        queue: SimpleQueue[tuple[Path, NotebookNode]] = SimpleQueue()
        for path, notebook in notebooks:
            self.runs[path] = Future()
            queue.put((path, notebook))
        for _ in range(min(len(notebooks), os.cpu_count() or 1)):
            # A daemon, so that a build that is interrupted does not wait for its notebooks.
            threading.Thread(target=self._work, args=[queue], daemon=True).start()

    def _work(self, queue: SimpleQueue[tuple[Path, NotebookNode]]) -> None:
        while True:
            try:
                path, notebook = queue.get_nowait()
            except Empty:
                return
            print(f"Executing {self.name(path)}", flush=True)
            try:
                run = kernels.run(notebook, path.parent, self.timeout)
                if not run.complaints:
                    self.store.save(self.keys[path], run.notebook)
                self.runs[path].set_result(run)
            except Exception as error:
                self.runs[path].set_exception(error)  # raised where Sphinx waits for the result

    def order(self, _app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        """Let Sphinx read first what is there, then notebooks as they are likely to be ready."""
        order = list(self.runs)
        paths = {page: Path(env.doc2path(page)) for page in pages}
        pages.sort(key=lambda page: order.index(paths[page]) if paths[page] in order else -1)

    def mend(self, app: Sphinx, page: str, source: list[str]) -> None:
        """Let Sphinx read a notebook in today's format; if it is none, say so and go on."""
        path = Path(app.env.doc2path(page))
        if path.suffix == ".ipynb":
            try:
                notebook = nbformat.reads(source[0], as_version=4)
            except UNREADABLE as error:
                what = " ".join(str(error).split())[:200]
                message = f"FAILED: {self.name(path)} is not a notebook: {what}"
                LOGGER.warning(message, location=page)
                notebook = nbformat.v4.new_notebook()
            source[0] = nbformat.writes(notebook)

    def client(
        self, notebook: NotebookNode, path: str, config: Any, logger: Any, *_: Any
    ) -> "Client":
        """Return what MyST-NB asks for a notebook's outputs."""
        return Client(self, notebook, Path(path), config, logger)

    def fill(self, path: Path, notebook: NotebookNode) -> None:
        """Give a notebook its outputs, and say what went wrong."""
        if path in self.runs:
            run = self.runs[path].result()
            for cell, executed in zip(code_cells(notebook), code_cells(run.notebook), strict=True):
                cell.execution_count = executed.execution_count
                cell.outputs = deepcopy(executed.outputs)  # a page may change its own
            for complaint in run.complaints:
                LOGGER.warning(f"FAILED: {self.name(path)}, {complaint}", location=self.pages[path])
        elif path in self.keys:
            self.store.load(self.keys[path], notebook)
        if path in self.keys:
            notebook.metadata.update(METADATA)

    def finish(self, _app: Sphinx, env: BuildEnvironment) -> None:
        """Note which outputs the pages show, so as to read them again when these have changed."""
        failed = [path for path, run in self.runs.items() if run.result().complaints]
        env.executed = {path: key for path, key in self.keys.items() if path not in failed}
        if not failed:  # else what is mended may be what it was
            self.store.keep_only(self.keys.values())

    def name(self, path: Path) -> str:
        """Name a file as seen from the book's folder."""
        return path.relative_to(self.root).as_posix()


class Client(NotebookClientBase):
    """MyST-NB's view of a notebook that `Execution` has executed."""

    def __init__(
        self, execution: Execution, notebook: NotebookNode, path: Path, *rest: Any
    ) -> None:
        super().__init__(notebook, path, *rest)
        self.execution = execution

    def start_client(self) -> None:
        """Fill in the outputs."""
        self.execution.fill(self.path, self.notebook)


def read(path: Path, env: BuildEnvironment) -> NotebookNode | None:
    """Read a notebook of any format and editor, without outputs; None if it is not one."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
        notebook = reader and reader.read(text)
    except UNREADABLE:
        return None  # said when the page is read
    for cell in code_cells(notebook) if notebook else []:
        cell.execution_count, cell.outputs = None, []
    return notebook


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension."""
    work = Path(app.outdir).parent
    if Path(app.srcdir).resolve() != ROOT:
        raise ExtensionError(f"these are the tools of the book in {ROOT}: is PYTHONPATH set?")
    app.book_lock = turn.take(work)  # until the process ends
    set_environment(work / "settings")
    for stream in (sys.stdout, sys.stderr):  # what a terminal cannot show does not end a build
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app.execution = execution = Execution(app)
    myst_nb.sphinx_.create_client = execution.client
    app.connect("env-get-outdated", execution.start)
    app.connect("env-before-read-docs", execution.order)
    app.connect("source-read", execution.mend)
    app.connect("env-updated", execution.finish)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
