"""Outputs of notebooks in a folder, each file under a digest of all that they depend on.

So a notebook that was renamed, moved or saved by another editor has its outputs still, one whose
library has changed has none, and what an earlier build has left may be missing, cut or from
anywhere: it is not found, or not used.
"""

from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import state


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells that are executed."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


class Store:
    """Outputs for one library, Python and set of packages, which `surroundings` stands for."""

    def __init__(self, folder: Path, surroundings: str) -> None:
        self.folder = folder
        self.surroundings = surroundings

    def key(self, notebook: NotebookNode, place: Path) -> str:
        """Digest a notebook's code and the files in its folder that the code may read."""
        code = [(cell.source, cell.metadata.get("tags")) for cell in code_cells(notebook)]
        beside = [path.name for path in sorted(place.iterdir()) if path.is_file()]
        data = [name for name in beside if not name.endswith((".ipynb", ".md"))]
        return state.digest_of(self.surroundings, code, state.contents(place, data))

    def load(self, key: str, notebook: NotebookNode) -> bool:
        """Give a notebook the outputs that are stored; return whether they are there and whole."""
        kept = state.read_json(self.folder / f"{key}.json")
        outputs, digest = kept.get("outputs"), kept.get("digest")
        if not isinstance(outputs, list) or digest != state.digest_of(key, outputs):
            return False
        for cell, (count, output) in zip(code_cells(notebook), outputs, strict=True):
            cell.execution_count, cell.outputs = count, nbformat.from_dict(output)
        return True

    def save(self, key: str, notebook: NotebookNode) -> None:
        """Keep a notebook's outputs."""
        outputs = [(cell.execution_count, cell.outputs) for cell in code_cells(notebook)]
        kept = {"digest": state.digest_of(key, outputs), "outputs": outputs}
        state.write_json(self.folder / f"{key}.json", kept)

    def keep_only(self, keys: Iterable[str]) -> None:
        """Remove all other outputs."""
        names = {f"{key}.json" for key in keys}
        for path in self.folder.glob("*"):
            if path.name not in names:
                path.unlink()
