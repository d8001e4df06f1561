"""Run experiments one after another: `make experiments`, or `python -m experiments NAME …`.

The first are the models of the book, `models`.
"""

import argparse
import sys
import time

import experiments
from experiments._ledger import enter
from experiments._models import renew
from rnnlib.sweeps import SweepFailed


def main() -> None:
    """Run those named, or all; go on after one that fails, and say so at the end."""
    parser = argparse.ArgumentParser(description="Run what is missing of the stored results.")
    known = ["models", *experiments.names()]
    parser.add_argument("name", nargs="*", default=known, help=f"of {', '.join(known)}")
    parser.add_argument("--jobs", type=int, help="how many processes; all cores by default")
    asked = parser.parse_args()
    if unknown := [name for name in asked.name if name not in known]:
        parser.error(f"expected names of {known}, got {unknown}")
    failed = []
    for name in asked.name:
        print(f"{name}", flush=True)
        if name == "models":
            renew()
            continue
        protocol = experiments.load(name)
        start = time.perf_counter()
        try:
            rows = protocol.carry_out(asked.jobs)
        except SweepFailed as failure:
            print(failure, file=sys.stderr)
            failed.append(name)
            continue
        enter(protocol)
        print(f"{len(rows)} results in {protocol.path}, {time.perf_counter() - start:.0f} s")
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
