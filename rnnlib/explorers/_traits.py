"""anywidget and traitlets, or what stands in for them where they are not installed.

An explorer is a class whose body makes traits. It can be looked at without the two packages; to
make one is what needs them.
"""

from typing import Any


class _Absent:
    """Whatever is made of it, called on it or derived from it is another such nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __getattr__(self, name: str) -> "_Absent":
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> "_Absent":
        return self

    def __getitem__(self, key: Any) -> "_Absent":
        return self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (_Absent,)


try:
    import anywidget as anywidget
    import traitlets as traitlets
except ModuleNotFoundError:
    anywidget = traitlets = _Absent()
