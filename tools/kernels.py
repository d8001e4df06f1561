"""Run a notebook: in a kernel of this very Python, whatever kernel its metadata names."""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

# Seconds for a cell, as in _config.yml. None needs twenty, but a machine may be busy.
TIMEOUT = 1200
# A machine that stalls delivers a cell's output late. A kernel would wait 10 s for it before it
# says that the cell has ended, and nbclient 4 s more: what comes later would not be on the page.
PATIENCE = f"__import__('ipykernel.iostream').iostream.OutStream.flush_timeout = {TIMEOUT}"
COMMAND = (
    *("-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=CRITICAL"),
    f"--IPKernelApp.exec_lines={PATIENCE}",
)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class ThisPython(AsyncKernelManager):
    """Starts kernels of the Python that is running, whatever kernels are registered."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """What to start."""
        command = [sys.executable, *COMMAND]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


@dataclass
class Run:
    """A notebook with its outputs, and what went wrong, each complaint with its code cell."""

    notebook: NotebookNode
    complaints: list[str] = field(default_factory=list)


def run(notebook: NotebookNode, folder: Path, timeout: int = TIMEOUT) -> Run:
    """Execute a notebook, in place, from an empty kernel in `folder`; stderr is a complaint."""
    at = 0

    def reach(cell_index: int, **_: Any) -> None:
        nonlocal at
        at = cell_index

    client = NotebookClient(
        notebook,
        timeout=timeout,
        iopub_timeout=timeout,
        raise_on_iopub_timeout=True,
        kernel_name="python3",
        kernel_manager_class=ThisPython,
        record_timing=False,
        coalesce_streams=True,  # what a cell prints is one output, however it was delivered
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=reach,
    )
    try:
        client.execute()
    except CellExecutionError:
        return Run(notebook, [f"{_place(notebook, at)} failed:\n{_error(notebook, at)}"])
    except CellTimeoutError:
        return Run(notebook, [f"{_place(notebook, at)} had not ended after {timeout} s"])
    except DeadKernelError:
        reason = "its Python ended, as it does when memory runs out"
        return Run(notebook, [f"{_place(notebook, at)} did not come to an end: {reason}"])
    return Run(notebook, _warnings(notebook))


def _place(notebook: NotebookNode, index: int) -> str:
    """Name a cell by its number among the code cells."""
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    return f"code cell {code.index(index) + 1} of {len(code)}"


def _error(notebook: NotebookNode, index: int) -> str:
    """Return the traceback that a cell ended with, and what to do about a missing package."""
    errors = [each for each in notebook.cells[index].outputs if each.output_type == "error"]
    lines = [COLOURS.sub("", line) for error in errors for line in error.traceback]
    if any(error.ename == "ModuleNotFoundError" for error in errors):
        lines.append("pip install -r requirements.txt -c constraints.txt installs the packages.")
    return "\n".join(lines).strip()


def _warnings(notebook: NotebookNode) -> list[str]:
    """Say what cells wrote to stderr."""
    return [
        f"{_place(notebook, index)} wrote to stderr:\n{COLOURS.sub('', output.text).strip()}"
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]
