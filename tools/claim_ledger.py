"""A Sphinx extension: the mark behind a claim, and the page that lists what was run for each.

``{claim}`claim-…` `` at the end of a sentence leads to the claim's entry; ``{claim-ledger}`` on a
page becomes these entries, chapter by chapter, each the sentence and its check, and after them the
experiments: criterion, what was compared and chosen and on which seeds, the control, the results.
"""

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective, SphinxRole

from tools.claims import Check, Claim, checks, claims
from tools.equations import title

ENTRY = "ledger-"  # before a claim's label, the label of its entry
PROTOCOL = "protocol-"  # and before an experiment's name, that of what was run


class ClaimMark(SphinxRole):
    """The mark: an anchor, and a link to the entry."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:  # noqa: D102
        label = self.text
        standard = self.env.get_domain("std")
        standard.anonlabels[label] = self.env.docname, label
        standard.labels[label] = self.env.docname, label, "where it is said"
        link = addnodes.pending_xref(
            refdomain="std",
            reftype="ref",
            reftarget=ENTRY + label,
            refexplicit=True,
            refwarn=True,
            refdoc=self.env.docname,
        )
        link += nodes.inline("", "what was run", classes=["std", "std-ref"])
        return [nodes.inline("", "", link, ids=[label], classes=["claim"])], []


class sentence_of(nodes.Inline, nodes.Element):
    """The place of a claim's sentence, until all chapters are read."""


class SentenceOf(SphinxRole):
    """The sentence of a claim, as its chapter has it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:  # noqa: D102
        return [sentence_of(label=self.text)], []


class BringSentences(SphinxPostTransform):
    """Put each sentence in its place, before its references are resolved from there."""

    default_priority = 5

    def run(self, **_: Any) -> None:  # noqa: D102
        chapters = cache(self.env.get_doctree)
        for place in list(self.document.findall(sentence_of)):
            label = place["label"]
            chapter = self.env.get_domain("std").anonlabels[label][0]
            sentence = list(_sentence(chapters(chapter), label))
            for link in (each for part in sentence for each in part.findall(addnodes.pending_xref)):
                link["refdoc"] = self.env.docname
            place.replace_self(sentence)


def _sentence(chapter: nodes.document, label: str) -> Iterator[nodes.Node]:
    """Yield what stands on a mark's line before it."""
    for mark in chapter.findall(nodes.inline):
        if label in mark["ids"]:
            break
    else:
        raise ExtensionError(f"{label}: expected its mark in {chapter['source']}")
    before = mark.parent.children[: mark.parent.index(mark)]
    breaks = [i for i, part in enumerate(before) if isinstance(part, nodes.Text) and "\n" in part]
    if breaks:
        yield nodes.Text(before[breaks[-1]].astext().rpartition("\n")[2])
        before = before[breaks[-1] + 1 :]
    for part in before:
        yield part.deepcopy()  # not with copy, which would copy the chapter around it


class ClaimLedger(SphinxDirective):
    """Write the ledger as MyST and let the parser make links and mathematics of it."""

    has_content = False

    def run(self) -> list[nodes.Node]:  # noqa: D102
        by_label = {check.label: check for check in checks()}
        text: list[str] = []
        used: dict[str, None] = {}
        for chapter, group in groupby(claims(), key=lambda claim: claim.chapter):
            text += [f"## {title(chapter)}", ""]
            for claim in group:
                if claim.label not in by_label:
                    raise ExtensionError(f"{claim.label} has no check in tests/claims")
                text += _entry(claim, by_label[claim.label])
                used[by_label[claim.label].experiment] = None
        text += ["## What was run", ""]
        for experiment in used:
            text += _protocol(experiment)
        return self.parse_text_to_nodes("\n".join(text), allow_section_headings=True)


def _entry(claim: Claim, check: Check) -> list[str]:
    """Write a claim as MyST: a definition list keeps it readable on a phone."""
    return [
        f"({ENTRY}{claim.label})=",
        f"{{claim-sentence}}`{claim.label}`",
        f": {{ref}}`Where it is said <{claim.label}>` · "
        f"{{ref}}`what was run <{PROTOCOL}{check.experiment}>`",
        "",
        f": Checked as a {check.kind} by `{check.function}` in {check.path.as_posix()}; "
        f"must fail if: {'; '.join(check.counters)}{_if_controlled(check)}.",
        "",
    ]


def _if_controlled(check: Check) -> str:
    return "; the control does the same" if check.kind == "cause" else ""


def _protocol(experiment: str) -> list[str]:
    """Write an experiment as MyST: its plan, and what it found."""
    import experiments  # here, so that a book without claims needs no library
    from experiments import _ledger

    lines = [line for line in _ledger.stored() if line["experiment"] == experiment]
    if not lines:
        raise ExtensionError(
            f"experiments/ledger.csv has no results of {experiment}; "
            f"python -m experiments {experiment} runs what is missing and enters it."
        )
    text = [f"({PROTOCOL}{experiment})=", f"### {experiment.replace('_', ' ').capitalize()}", ""]
    for line in (*_plan(experiments.load(experiment)), *_found(lines)):
        text += [f"- {line}"]
    return [*text, ""]


def _plan(protocol: Any) -> Iterator[str]:
    yield f"Criterion: {protocol.criterion}."
    yield f"Compared: {_values(protocol.grid)}."
    if protocol.choose:
        seeds = _seeds(protocol.selection_seeds)
        yield f"Chosen for each, by halving on the seeds {seeds}: {_values([protocol.choose])}."
    yield f"Reported: the seeds {_seeds(protocol.seeds)}."
    if protocol.control:
        yield f"Control: {protocol.control.what}. It would expose {protocol.control.exposes}."


def _found(lines: list[dict[str, str]]) -> Iterator[str]:
    for setting, found in groupby(lines, key=lambda line: line["setting"]):
        yield f"*{setting}:* " + "; ".join(map(_finding, found)) + "."
    versions = ", ".join(sorted({line["rnnlib"] for line in lines}))
    date = max(line["date"] for line in lines)[:10]
    yield f"Run by `experiments/{lines[0]['experiment']}.py` with rnnlib {versions}, until {date}."


def _finding(line: dict[str, str]) -> str:
    """Name a result with its interval, to three digits."""
    of = f" of {line['seeds']}" if line["kind"] == "count" else ""
    estimate, low, high = (f"{float(line[name]):.3g}" for name in ("estimate", "low", "high"))
    return f"`{line['result']}` {estimate}{of} ({low} … {high})"


def _values(settings: list[dict[str, Any]]) -> str:
    """Name what varies, with its values."""
    found: dict[str, dict[str, None]] = {}
    for setting in settings:
        for name, value in setting.items():
            values = value if isinstance(value, list) else [value]
            found.setdefault(name, {}).update(dict.fromkeys(map(str, values)))
    return "; ".join(f"{name} {', '.join(values)}" for name, values in found.items())


def _seeds(seeds: list[int]) -> str:
    """Name seeds, those in a row by their ends."""
    if seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} … {seeds[-1]}"
    return ", ".join(map(str, seeds))


def _always_reread(app: Sphinx, env: Any, added: Any, changed: Any, removed: Any) -> list[str]:
    """Write the ledger anew at every build: it depends on chapters, experiments and tests."""
    return [name for name in env.found_docs if name.endswith("claim-ledger")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the roles and the directive."""
    app.add_node(sentence_of)
    app.add_role("claim", ClaimMark())
    app.add_role("claim-sentence", SentenceOf())
    app.add_directive("claim-ledger", ClaimLedger)
    app.add_post_transform(BringSentences)
    app.connect("env-get-outdated", _always_reread)
    return {"version": "1", "parallel_read_safe": True}
