"""Choosing each case's best setting, on seeds that are not reported."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rnnlib._validate import check_size
from rnnlib.sweeps._plan import Plain, Setting, encode, make_plan

_Row = Mapping[str, Plain]


def successive_halving(
    cases: Sequence[Mapping[str, Any]],
    candidates: Sequence[Mapping[str, Any]],
    seeds: Sequence[int],
    rows_of: Callable[[int, list[Setting], list[int]], Sequence[Mapping[str, Any]]],
    loss: Callable[[Mapping[str, Any]], float],
    *,
    first: int = 2,
) -> list[Setting]:
    """Return each case with its best candidate, by successive halving.

    In the first round all candidates of each case are run on the `first` seeds; in each further
    round the better half of them on as many new seeds as they have had so far. It ends when a case
    has one candidate left or the seeds are used up; then the least mean loss over all its seeds
    wins. Bad candidates cost two runs, and good ones are told apart on more.

    Parameters
    ----------
    cases, candidates : list of mapping
        What is compared, such as method and length, and what is chosen for it, such as a rate.
    seeds : list of int
        The selection seeds; none of them should be reported later.
    rows_of : callable
        ``rows_of(round, settings, seeds)`` → a row for each setting and seed: what `sweep` or
        `read_results` return. Rounds are counted from 1.
    loss : callable
        Of a row; smaller is better, and NaN is worst. Of equals the earlier candidate stays.
    first : int
        How many seeds the first round takes.

    Returns
    -------
    list of dict
        A setting for each case, in their order.

    Raises
    ------
    ValueError
        If there are no cases, candidates or seeds, or a case and a candidate share a name.

    References
    ----------
    Jamieson and Talwalkar (2016), Non-stochastic best arm identification and hyperparameter
    optimization, section 3.

    Examples
    --------
    >>> def rows_of(number, settings, seeds):
    ...     return [{**each, "seed": seed, "error": abs(each["rate"] - 0.1)}
    ...             for each in settings for seed in seeds]
    >>> successive_halving([{"length": 30}], [{"rate": 0.01}, {"rate": 0.1}, {"rate": 1.0}],
    ...                    range(4), rows_of, lambda row: row["error"])
    [{'length': 30, 'rate': 0.1}]
    """
    first = check_size("first", first)
    listed = [_together(case, candidates) for case in _some("cases", cases)]
    plan = make_plan([each for settings in listed for each in settings], seeds, None)
    losses: dict[tuple[str, ...], list[float]] = {}
    number, done = 0, 0
    while done < len(plan.seeds) and any(len(settings) > 1 for settings in listed):
        new = plan.seeds[done : done + max(first, done)]
        number, done = number + 1, done + len(new)
        undecided = [each for settings in listed if len(settings) > 1 for each in settings]
        for row in rows_of(number, undecided, new):
            losses.setdefault(_key(row, plan.names), []).append(loss(row))
        more = done < len(plan.seeds)
        listed = [_better(settings, losses, plan.names, half=more) for settings in listed]
    return [settings[0] for settings in listed]


def _some(name: str, given: Sequence[Any]) -> Sequence[Any]:
    if not given:
        raise ValueError(f"{name}: expected at least one, got none")
    return given


def _together(case: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> list[Setting]:
    for candidate in _some("candidates", candidates):
        if both := case.keys() & candidate.keys():
            raise ValueError(f"candidates: expected names that no case has, got {sorted(both)}")
    return [{**case, **candidate} for candidate in candidates]


def _key(row: _Row, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(encode(row[name]) for name in names)


def _better(
    settings: list[Setting],
    losses: Mapping[tuple[str, ...], list[float]],
    names: Sequence[str],
    *,
    half: bool,
) -> list[Setting]:
    """Return the better half of a case's settings, rounded up, or the best of them alone."""
    if len(settings) == 1:
        return settings

    def mean(setting: Setting) -> float:
        found = losses[_key(setting, names)]
        value = sum(found) / len(found)
        return math.inf if math.isnan(value) else value

    kept = sorted(settings, key=mean)[: math.ceil(len(settings) / 2) if half else 1]
    return [each for each in settings if each in kept]
