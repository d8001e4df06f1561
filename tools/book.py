"""Build the website: `python -m tools.book`, which is what `make book` runs.

The door of `tools.build`: that starts anew, with the variables of `tools/variables.py`.
"""

import argparse
import os
import subprocess
import sys

from tools.variables import ROOT, environment


def main() -> int:
    """Start the build in place of this process, so that whoever ends the one ends the other."""
    argparse.ArgumentParser(description="Build the website into _build/html.").parse_args()
    command = [sys.executable, "-m", "tools.build"]
    variables = environment(ROOT / "_build" / "work" / "_build" / "settings")
    # What this terminal cannot show does not end a build.
    variables["PYTHONIOENCODING"] = f"{sys.stdout.encoding}:backslashreplace"
    if os.name == "nt":  # where a process cannot be replaced
        return subprocess.call(command, cwd=ROOT, env=variables)
    os.chdir(ROOT)
    os.execve(sys.executable, command, variables)


if __name__ == "__main__":
    sys.exit(main())
