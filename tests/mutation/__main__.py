"""The mutation score of rnnlib: ``python -m tests.mutation [--sample 300] [--seed 0] [--jobs 2]``.

A mutant is one small change of rnnlib: an operator, a number, a comparison, a transpose. It is
killed if one of the tests that run its line fails. The score is the share of killed ones among a
random sample of all that are possible, without those that `equivalent.toml` argues to change
nothing that anybody could see. It takes about an hour on two cores, and writes the survivors to
`_build/mutation/survivors.txt`.

First the unit tests run once, to see which lines each of them runs; the line coverage is printed.
``--again`` uses that of the last time. A mutant's tests may take ten times as long as they took
then, and five minutes more: a machine that is busy kills nothing.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from coverage import Coverage, CoverageData

from rnnlib.sweeps import wilson_interval
from tests.mutation.mutants import Mutant, mutants
from tools.equations import ROOT

HERE = Path(__file__).resolve().parent
WORK = ROOT / "_build" / "mutation"
NOT_UNIT = ("site", "coursework", "peers", "chapters", "test_code_style.py")
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
LIKELIEST = 20
"""How many tests are tried before all the others."""
PYTEST = [
    *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
    *("-p", "no:nbval", "-o", "addopts="),  # whose imports alone take longer than most tests
]


@dataclass(frozen=True)
class Tests:
    """Which tests run a line, and how long each takes."""

    contexts: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def of(self, mutant: Mutant) -> list[str]:
        """Those that run the mutant's line, the likeliest to notice first; of a line that runs as
        the module is imported, those that run anything in the module."""
        lines = self.contexts.get(mutant.path, {})
        found = {test for test in lines.get(mutant.line, []) if test}
        if "" in lines.get(mutant.line, []):
            found |= {test for tests in lines.values() for test in tests if test}
        room, module = Path(mutant.path).parts[-2], Path(mutant.path).stem

        def order(test: str) -> tuple[bool, bool, float]:
            file = test.partition("::")[0]
            return module not in file, f"/{room}/" not in file, self.seconds.get(test, 0.0)

        return sorted(found, key=order)


def measure(jobs: int) -> None:
    """Run the unit tests and note which lines each of them runs, and its time."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    ignored = [f"--ignore=tests/{name}" for name in NOT_UNIT]
    parallel = ["-n", str(jobs), "--dist", "loadfile", "-p", "tests.mutation.watch"]
    subprocess.run([*PYTEST, "tests", *ignored, *parallel], cwd=ROOT, env=ENVIRONMENT, check=True)
    together = Coverage(data_file=str(WORK / "coverage"))
    together.combine([str(WORK)])
    together.save()
    together.report(skip_covered=True)


def read_tests() -> Tests:
    data = CoverageData(str(WORK / "coverage"))
    data.read()
    contexts = {}
    for file in data.measured_files():
        by_line = data.contexts_by_lineno(file)
        contexts[Path(file).relative_to(ROOT).as_posix()] = {
            line: list(found) for line, found in by_line.items()
        }
    return Tests(contexts, json.loads((WORK / "seconds.json").read_text()))


def killed(mutant: Mutant, tests: list[str], seconds: dict[str, float]) -> str:
    """Return how the mutant died, or nothing.

    Most are killed by the likeliest tests, for which few files have to be read.
    """
    if not tests:
        module = ".".join(Path(mutant.path).with_suffix("").parts).removesuffix(".__init__")
        imported = with_mutant(mutant, [sys.executable, "-c", f"import {module}"], None)
        return "import" if imported.returncode else ""
    listed = WORK / f"tests-{mutant.path.replace('/', '.')}-{mutant.start}-{mutant.end}.txt"
    try:
        for part in (tests[:LIKELIEST], tests[LIKELIEST:]):
            listed.write_text("\n".join(part))
            limit = 300 + 10 * sum(seconds.get(test, 0.0) for test in part)
            result = with_mutant(mutant, [*PYTEST, "-x", f"@{listed}"], limit) if part else None
            if result is not None and result.returncode:
                return "test"  # a test file that cannot be read has failed too
    except subprocess.TimeoutExpired:
        return "time"
    finally:
        listed.unlink()
    return ""


def unchanged(mutant: Mutant) -> Mutant:
    """Return a mutant that is none: if it is killed, so is everything."""
    text = (ROOT / mutant.path).read_bytes()
    return replace(mutant, new=text[mutant.start : mutant.end].decode())


def with_mutant(
    mutant: Mutant, command: list[str], limit: float | None
) -> subprocess.CompletedProcess[str]:
    """Run a command, for so many seconds at most, in which rnnlib has the mutant."""
    change = "\t".join([str(ROOT / mutant.path), str(mutant.start), str(mutant.end), mutant.new])
    environment = {
        **ENVIRONMENT,
        "PYTHONPATH": os.pathsep.join([str(HERE / "hook"), str(ROOT)]),
        "RNNLIB_MUTANT": change,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )
    if result.returncode in (3, 5) or "no match in any of" in result.stderr:
        raise RuntimeError(
            f"{mutant}: pytest ended with {result.returncode}; have the tests changed since they "
            f"were measured?\n{result.stdout}{result.stderr}"
        )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the mutation score of rnnlib.")
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="use the coverage of the last time")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes at a time")
    options = parser.parse_args()
    if not options.again:
        measure(options.jobs)
    tests, possible = read_tests(), mutants()
    sample = random.Random(options.seed).sample(possible, min(options.sample, len(possible)))
    nothing = unchanged(next(mutant for mutant in sample if tests.of(mutant)))
    if how := killed(nothing, tests.of(nothing), tests.seconds):
        raise SystemExit(f"{nothing} changes nothing and was killed all the same, by {how}")
    equivalent = {
        (entry["file"], entry["mutant"])
        for entry in tomllib.loads((HERE / "equivalent.toml").read_text("utf-8"))["equivalent"]
    }

    def judge(mutant: Mutant) -> tuple[str, str]:
        change = mutant.describe((ROOT / mutant.path).read_bytes())
        if (mutant.path, change) in equivalent:
            return "equivalent", change
        chosen = tests.of(mutant)
        how = killed(mutant, chosen, tests.seconds)
        fate = how or ("survived" if chosen else "not covered")
        print(f"{fate:12} {mutant.path}:{mutant.line}: {change}", flush=True)
        return fate, change

    with ThreadPoolExecutor(options.jobs) as pool:
        fates = list(pool.map(judge, sample))
    alive = [
        f"{fate}: {mutant.path}:{mutant.line}\n    {change}"
        for mutant, (fate, change) in zip(sample, fates, strict=True)
        if fate in ("survived", "not covered")
    ]
    (WORK / "survivors.txt").write_text("\n".join([*alive, ""]), encoding="utf-8")
    same = sum(fate == "equivalent" for fate, _ in fates)
    counted = len(sample) - same
    interval = wilson_interval(counted - len(alive), counted)
    print(
        f"{len(possible)} mutants possible, {len(sample)} drawn, {same} equivalent; killed "
        f"{counted - len(alive)} of {counted}: {(counted - len(alive)) / counted:.1%}, 95 % "
        f"interval {interval.low:.1%} to {interval.high:.1%}; "
        f"survivors in {(WORK / 'survivors.txt').relative_to(ROOT)}"
    )


if __name__ == "__main__":
    main()
