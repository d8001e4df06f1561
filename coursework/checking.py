"""How an answer differs from what was asked: said in properties, never in numbers.

What stands below the line is a cell of every problem set, so that a notebook needs no file beside
it; `tests/coursework/test_sets.py` holds the copies equal.
"""

# ---
# The checks use this cell. It says how an answer differs from what was asked.
import numpy as np


def agree(tried, name, got, want, sizes=(), rtol=1e-4, atol=1e-5):
    """Raise AssertionError unless got is want; sizes: numbers by name, such as {"B": 3}."""
    try:
        got = np.asarray(got, dtype=float)
    except (TypeError, ValueError):
        raise AssertionError(f"{tried}: {name} is no array of numbers") from None
    want = np.asarray(want, dtype=float)
    assert got.shape == want.shape, f"{tried}: {name} {_other_shape(got, want)}"
    with np.errstate(all="ignore"):
        if not _close(got, want, rtol, atol):
            said = "; ".join(_differences(got, want, dict(sizes), rtol, atol))
            raise AssertionError(f"{tried}: {name} {said}")


def agree_all(tried, got, want, sizes=(), rtol=1e-4, atol=1e-5):
    """Compare all arrays of the dictionary want; say how the first differs, and which are right."""
    wrong = {}
    for name, value in want.items():
        try:
            agree(tried, name, got[name], value, sizes, rtol, atol)
        except AssertionError as error:
            wrong[name] = str(error)
    right = ", ".join(name for name in want if name not in wrong) or "none"
    assert not wrong, f"{next(iter(wrong.values()), '')}; right are: {right}"


def _close(got, want, rtol, atol):
    finite = np.abs(want[np.isfinite(want)])
    scale = finite.max() if finite.any() else 1.0
    return np.allclose(got, want, rtol=rtol, atol=atol * scale)


def _other_shape(got, want):
    if got.ndim != want.ndim:
        return f"has {min(got.ndim, 9)} axes, and the shape {want.shape} was asked"
    if sorted(got.shape) == sorted(want.shape):
        return f"has the axes of {want.shape} in another order"
    pairs = enumerate(zip(got.shape, want.shape, strict=True))
    said = [f"axis {n} is too {'long' if a > b else 'short'}" for n, (a, b) in pairs if a != b]
    return f"does not have the shape {want.shape}: {', '.join(said)}"


def _differences(got, want, sizes, rtol, atol):
    """Yield what an answer of the right shape has and should not have, or lacks."""
    if not np.isfinite(got[np.isfinite(want)]).all():
        yield "has nan or infinite entries where numbers were asked"
        return
    if not got.any():
        yield "is 0 everywhere, which was not asked"
        return
    for how, other in _relatives(got, want, sizes):
        if other.shape == want.shape and _close(other, want, rtol, atol):
            yield f"would be right {how}"
            return
    if want.size < 3:
        yield "is wrong"
    else:
        right = np.isclose(got, want, rtol=rtol, atol=atol).reshape(len(want), -1).all(axis=1)
        where = "at the start" if right[0] else "at the end" if right[-1] else "in places"
        yield f"is right {where} of its first axis only" if right.any() else "is wrong throughout"
    turned = np.sign(got) != np.sign(want)
    how_many = "all of" if turned.all() else "some of" if turned.any() else "none of"
    yield f"{how_many} its signs are turned"
    ratio = np.linalg.norm(got) / max(np.linalg.norm(want), 1e-300)
    bounds = {0.1: "less than a tenth of", 0.8: "smaller than", 1.25: "about", 10.0: "larger than"}
    size = next((words for most, words in bounds.items() if ratio < most), "more than ten times")
    yield f"its size is {size} that asked"


def _relatives(got, want, sizes):
    """Yield what would mend some mistakes, and the answer mended so."""
    yield "with the other sign", -got
    for name, number in {"2": 2, "3": 3, **sizes}.items():
        yield f"if it were multiplied by {name}", got * number
        yield f"if it were divided by {name}", got / number
    if got.ndim > 1:
        yield "with its last two axes exchanged", np.swapaxes(got, -1, -2)
    if got.ndim and len(got) > 1:
        yield "in the opposite order along its first axis", got[::-1]
    if got.ndim and len(got) > 2:
        for shift, word, end in ((1, "later", 0), (-1, "earlier", -1)):
            moved = np.roll(got, shift, axis=0)
            moved[end] = want[end]
            yield f"one place {word} along its first axis", moved
