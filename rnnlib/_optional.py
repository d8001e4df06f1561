"""Packages that only parts of rnnlib use: imported where they are used, and asked for by name."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Say what to install where a package of one of rnnlib's extras is missing.

    Parameters
    ----------
    extra : str
        Its name in pyproject.toml.

    Raises
    ------
    ImportError
        In the place of the ``ModuleNotFoundError``.

    Examples
    --------
    >>> with needs("train"):
    ...     import no_such_bar
    Traceback (most recent call last):
    ...
    ImportError: no_such_bar is not installed: pip install "rnnlib[train]"
    """
    try:
        yield
    except ModuleNotFoundError as error:
        advice = f'{error.name} is not installed: pip install "rnnlib[{extra}]"'
        raise ImportError(advice, name=error.name) from None
