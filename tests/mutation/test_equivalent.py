"""Every mutant that is argued to change nothing is one that is possible, and has its reason."""

import tomllib

from tests.mutation.mutants import mutants
from tools.equations import ROOT


def test_every_entry_is_a_mutant_with_a_reason():
    path = ROOT / "tests" / "mutation" / "equivalent.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["equivalent"]
    files = {entry["file"] for entry in entries}
    possible = {
        (mutant.path, mutant.describe((ROOT / mutant.path).read_bytes()))
        for mutant in mutants()
        if mutant.path in files
    }
    argued = [(entry["file"], entry["mutant"]) for entry in entries]
    assert not set(argued) - possible, "the line has changed: is the reason still one?"
    assert len(set(argued)) == len(argued)
    assert all(len(entry["why"].split()) >= 5 for entry in entries)
