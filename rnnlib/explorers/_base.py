"""What every explorer is: one ES module, a widget in Jupyter, a place for it on a static page."""

import html
import json
import math
import re
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from rnnlib._optional import needs
from rnnlib.explorers._traits import anywidget, traitlets

FOLDER = Path(__file__).parent
SHARED = ("drawing", "look", "controls", "shared")
"""What every module imports, each after what it imports itself."""
IMPORT = re.compile(r'import \{[^}]*\} from "\./\w+\.js";\n')


def whole_module(name: str) -> str:
    """Return the text of an explorer's module with what it imports written into it.

    A widget's module comes to the browser alone, so it cannot import the files beside it.
    """
    *shared, own = (
        IMPORT.sub("", (FOLDER / f"{part}.js").read_text(encoding="utf-8"))
        for part in (*SHARED, name)
    )
    return re.sub("^export (?!default)", "", "".join(shared), flags=re.MULTILINE) + own


class Number(traitlets.Float[float, Any]):  # type: ignore[misc]
    """A finite number between `min` and `max`."""

    def validate(self, obj: Any, value: Any) -> float:
        """Refuse NaN, which compares with no bound."""
        number: float = super().validate(obj, value)
        if math.isnan(number):
            raise traitlets.TraitError(f"{self.name}: expected a number, got nan")
        return number


class Explorer(anywidget.AnyWidget):  # type: ignore[misc]
    """A figure whose traits are its controls.

    In Jupyter it is a widget. On a static page, where no kernel is, the same module runs with the
    traits' values at the time of the build: `_static/course.js` finds the place that
    `_repr_mimebundle_` leaves for it.

    Notes
    -----
    Whatever Python reads off an explorer, such as ``UnitExplorer.norms``, is computed by rnnlib
    and not by the page; the tests compare the two.
    """

    module: ClassVar[str]
    """The name of the ES module, without ``.js``."""
    heights: tuple[str, str]
    """On a wide page and on a phone: so much is kept free until the module has drawn."""
    shared_traits: ClassVar[tuple[str, ...]]
    """The traits that the module reads: its controls, and what it is given."""
    _numbers: ClassVar[dict[str, "count[int]"]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "module" in vars(cls):  # not in the subclass that traitlets makes of every object
            cls._esm = whole_module(cls.module)

    def __init__(self, **traits: Any) -> None:
        with needs("explore"):
            import anywidget  # noqa: F401
        super().__init__(**traits)

    def state(self) -> dict[str, Any]:
        """Return the traits that the module reads, as JSON can hold them."""
        return {name: getattr(self, name) for name in self.shared_traits}

    def still(self) -> str:
        """Say in a sentence what the figure shows, for a page without script."""
        raise NotImplementedError

    def __repr__(self) -> str:
        settings = (f"{k}={v!r}" for k, v in self.state().items() if not isinstance(v, list))
        return f"{type(self).__name__}({', '.join(settings)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**(data or {}), "text/plain": repr(self), "text/html": self._place()}, metadata

    def _place(self) -> str:
        """Return the element that the static page's script turns into the figure."""
        number = next(self._numbers.setdefault(self.module, count(1)))
        name = f"explorer-{self.module}" + (f"-{number}" if number > 1 else "")
        state = html.escape(json.dumps(self.state(), ensure_ascii=False))
        return (
            f'<div class="explorer" id="{name}" data-explorer="{self.module}" '
            f'data-state="{state}" style="--wide: {self.heights[0]}; --narrow: {self.heights[1]}">'
            f"<p>{html.escape(self.still())} (Here is a figure to drag, where scripts may run.)</p>"
            "</div>"
        )
