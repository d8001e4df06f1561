"""What a reader types to get the library: one requirement, wherever the site is."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

EXTRA = "notebooks"  # of pyproject.toml: all that the notebooks import
FOLDER = "notebooks"  # of the site: the notebooks and the wheel


@dataclass(frozen=True)
class Install:
    """Where the library comes from.

    Attributes
    ----------
    version : str
        The library's.
    site : str
        The site's public address with a slash at its end, or nothing.
    repository : str
        The repository's address, or nothing.
    """

    version: str
    site: str = ""
    repository: str = ""

    @classmethod
    def of(cls, root: Path, site: str, repository: str) -> "Install":
        """Return that of the course in a folder."""
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return cls(project["version"], site, repository)

    @property
    def wheel(self) -> str:
        """The name of the library's wheel."""
        return f"rnnlib-{self.version}-py3-none-any.whl"

    @property
    def from_file(self) -> bool:
        """Whether no address is known, so that pip is given a file that lies where it works."""
        return not (self.site or self.repository)

    @property
    def requirement(self) -> str:
        """What pip is to install: an address or, as long as none is known, a file."""
        if self.site:
            return f"rnnlib[{EXTRA}] @ {self.site}{FOLDER}/{self.wheel}"
        if self.repository:
            return f"rnnlib[{EXTRA}] @ git+{self.repository}"
        return f"./{self.wheel}[{EXTRA}]"
