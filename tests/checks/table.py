"""The gradient check on trial: ``python -m tests.checks.table [--cases 1000] [--seed 0]``.

It prints for each family of `tests.checks.cases` how many gradients were right and wrong, what the
check said of them, and how often it was mistaken: a false alarm is WRONG on a right one, a miss is
RIGHT on a wrong one. It takes some minutes; the suite runs 150 cases.
"""

import argparse
from collections import Counter
from collections.abc import Iterable

from rnnlib.checks import check_gradient
from tests.checks.cases import Case, cases

COLUMNS = ("cases", "right", "wrong", "RIGHT", "WRONG", "UNDECIDED", "false alarms", "misses")


def outcome(case: Case) -> Counter[str]:
    """Return what one case adds to the columns."""
    report = check_gradient(case.function, case.gradient, at=case.at)
    found = Counter(["cases", case.truth, report.verdict])
    found["false alarms"] += (case.truth, report.verdict) == ("right", "WRONG")
    found["misses"] += (case.truth, report.verdict) == ("wrong", "RIGHT")
    return found


def tabulate(trial: Iterable[Case]) -> dict[str, Counter[str]]:
    """Return the rows of the table, one for each family and one for all."""
    rows: dict[str, Counter[str]] = {}
    for case in trial:
        rows.setdefault(case.family, Counter()).update(outcome(case))
    return {**rows, "all": sum(rows.values(), Counter())}


def text(rows: dict[str, Counter[str]]) -> str:
    lines = [" " * 28 + "  ".join(COLUMNS)]
    for family, row in rows.items():
        numbers = (str(row[column]).rjust(len(column)) for column in COLUMNS)
        lines.append(family.ljust(28) + "  ".join(numbers))
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Put the gradient check on trial.")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(text(tabulate(cases(options.cases, options.seed))))
