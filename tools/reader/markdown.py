"""MyST as Markdown that plain Jupyter, VS Code and Colab show.

The text is parsed by MyST's own parser. What it finds that is more than Markdown is put in other
words, and all else is left as the author wrote it, character by character.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from urllib.parse import urlsplit

from docutils.parsers.rst import directives
from docutils.parsers.rst.languages import en
from docutils.utils import new_document
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser
from sphinx.errors import ExtensionError

from tools.predictions import TITLE, parts
from tools.reader.references import References

DIRECTIVE = re.compile(r"^\{([^}\s]+)\}\s*(.*)$", re.DOTALL)
# What is written anew among the words of a line, by the names of the parser's rules; `link` only
# where it leads to a label or a file of the book.
INLINE = ("myst_role", "substitution_inline", "link", "image", "math_inline")
MATHS = ("math_block", "math_block_label", "amsmath")
GONE = ("myst_target", "myst_block_break", "myst_line_comment")
UNKNOWN = ("dl_open", "footnote_reference_open", "footnote_block_open", "substitution_block")
GATES = ("solution-start", "solution-end")
MARKED = re.compile(r"^(\s*[-*] )\[[ x]\] ", re.MULTILINE)  # a choice, and whether it is right
BOXES = ("admonition", "attention", "caution", "danger", "error", "hint", "important", "note")
BOXES += ("seealso", "tip", "warning")


@dataclass(frozen=True)
class Edit:
    """A piece of a text, from `start` to `end`, and what is put in its place."""

    start: int
    end: int
    new: str


def edited(text: str, edits: list[Edit]) -> str:
    """Return a text with the edits made; one that lies within another is left out."""
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if edit.start >= at:
            pieces += [text[at : edit.start], edit.new]
            at = edit.end
    return "".join([*pieces, text[at:]])


@dataclass(frozen=True)
class Found:
    """Something inline: the rule that found it, where in the line's text, and the new tokens."""

    rule: str
    start: int
    end: int
    tokens: list[Token]


def noting(name: str, rule: Callable[[StateInline, bool], bool]) -> Callable[..., bool]:
    """Return the parser's rule, made to note where it found something."""

    def noted(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found and not silent:
            notes = state.env.setdefault("found", {}).setdefault(id(state.tokens), [])
            notes.append(Found(name, start, state.pos, state.tokens[before:]))
        return found

    return noted


def keep_notes(state: StateCore) -> None:
    """Keep with each inline token what was noted of it, before other rules exchange its parts."""
    notes = state.env.pop("found", {})
    for token in state.tokens:
        if token.type == "inline":
            token.meta["found"] = notes.get(id(token.children), [])


class Plain:
    """Rewrites the Markdown of one page.

    Parameters
    ----------
    references : References
        The page's.

    Attributes
    ----------
    attach : callable
        Takes an image's address in the source; returns the address to write.
    """

    def __init__(self, references: References):
        self.references = references
        self.attach: Callable[[str], str] = str
        self.parser = create_md_parser(references.app.env.myst_config, RendererHTML)
        for rule in self.parser.inline.ruler.__rules__:
            if rule.name in INLINE:
                self.parser.inline.ruler.at(rule.name, noting(rule.name, rule.fn))
        self.parser.core.ruler.after("inline", "keep_notes", keep_notes)

    def convert(self, text: str) -> str:
        """Return a text in plain Markdown."""
        return edited(text, list(self._edits(text, self._inline, self._block)))

    def pieces(self, text: str) -> Iterator[tuple[str, str]]:
        """Cut a cell's text where gated directives stand: their name and label, and what follows.

        The first piece has the name "".
        """
        marks = [("", 0, 0)]
        ends = line_ends(text)
        gated = any(gate in text for gate in GATES)
        for token in self.parser.parse(text, {}) if gated else ():
            if token.level == 0 and (name := directive_name(token)) in GATES:
                argument = DIRECTIVE.match(token.info.strip())[2]
                marks.append((f"{name} {argument}".strip(), ends[token.map[0]], ends[token.map[1]]))
        for (name, _, start), (_, stop, _) in pairwise([*marks, ("", len(text), 0)]):
            yield name, text[start:stop]

    def quoted(self, text: str) -> str:
        """Return plain Markdown as a block quote.

        A formula in it is put on one line: in JupyterLab the marks of the quote would get into it.
        """

        def inline(found: Found, source: str) -> str:
            return " ".join(source.split("\n")) if found.rule == "math_inline" else source

        def block(token: Token) -> str | None:
            return f"$$ {' '.join(token.content.split())} $$" if token.type in MATHS else None

        text = edited(text, list(self._edits(text, inline, block)))
        return "\n".join(f"> {line}".rstrip() for line in text.strip().split("\n"))

    def _edits(
        self,
        text: str,
        inline: Callable[[Found, str], str],
        block: Callable[[Token], str | None],
    ) -> Iterator[Edit]:
        ends = line_ends(text)
        cursor = 0
        for token in self.parser.parse(text, {}):
            if found := token.meta.get("found"):
                places, cursor = self._places(token, text, ends, cursor)
                for each in found:
                    start, end = places[each.start], places[each.end - 1] + 1
                    yield Edit(start, end, inline(each, text[start:end]))
            elif token.map and (new := block(token)) is not None:
                start, end = ends[token.map[0]], ends[token.map[1]]
                yield Edit(start, end, indented(new, text[start:end], token))

    def _places(
        self, token: Token, text: str, ends: list[int], cursor: int
    ) -> tuple[list[int], int]:
        """Return where each character of an inline token stands in the text.

        The parser has taken off what precedes a line in a list, a quote or a table.
        """
        places: list[int] = []
        for number, line in enumerate(token.content.split("\n"), start=token.map[0]):
            start = text.find(line, max(cursor, ends[number]), ends[number + 1])
            if start < 0:
                raise ExtensionError(f"{self.references.page}: cannot place {line!r}")
            cursor = start + len(line)
            places += range(start, cursor + 1)
        return places, cursor

    def _inline(self, found: Found, source: str) -> str:
        if found.rule == "image":
            (image,) = [token for token in found.tokens if token.type == "image"]
            return source.replace(image.attrs["src"], self.attach(image.attrs["src"]))
        if found.rule == "math_inline":
            return source
        if found.rule == "link":
            (target,) = [token.attrs["href"] for token in found.tokens if token.type == "link_open"]
            if urlsplit(target).scheme:
                return source
        return self.references.say(source)

    def _block(self, token: Token) -> str | None:
        if token.type == "math_block_label":
            return self._equation(token.content, token.info)
        if token.type in GONE:
            return ""
        if token.type in UNKNOWN:
            raise ExtensionError(f"{self.references.page}: no plain Markdown for {token.type}")
        if name := directive_name(token):
            return self._directive(name, DIRECTIVE.match(token.info.strip())[2], token.content)
        return None

    def _equation(self, latex: str, label: str) -> str:
        number = self.references.resolve(f"{{eq}}`{label}`").astext()
        return f"$$\n{latex.strip()} \\tag{{{number.strip('()')}}}\n$$"

    def _directive(self, name: str, first: str, content: str) -> str:
        kind, _ = directives.directive(name, en, new_document(""))
        if kind is None:
            raise ExtensionError(f"{self.references.page}: unknown directive {{{name}}}")
        parsed = parse_directive_text(kind, first, content)
        argument = self.convert(parsed.arguments[0]) if parsed.arguments else ""
        body = "\n".join(parsed.body)
        if name in BOXES:
            title = argument if name == "admonition" else name.capitalize()
            return self.quoted(f"**{title}**\n\n{self.convert(body)}")
        if name == "predict":
            asked, answer = ("\n".join(part) for part in parts(parsed.body))
            question = self.convert(MARKED.sub(r"\1", asked))
            box = self.quoted(f"**{argument or TITLE}**\n\n{question}")
            return f"{box}\n\n{folded('Answer', self.convert(answer))}"
        if name == "exercise-end":
            return ""
        if name in ("exercise", "exercise-start"):
            number = self.exercise(parsed.options["label"])
            return f"### {number} · {argument}\n\n{self.convert(body).strip()}"
        if name == "solution":
            return folded(f"Solution to {self.exercise(argument)}", self.convert(body))
        if name == "dropdown":
            return folded(argument, self.convert(body))
        if name == "math":
            label = parsed.options.get("label")
            return self._equation(body, label) if label else f"$$\n{body.strip()}\n$$"
        if name in ("image", "figure"):
            image = f"![{parsed.options.get('alt', '')}]({self.attach(parsed.arguments[0])})"
            return f"{image}\n\n{self.convert(body)}".strip()
        if name in ("code", "code-block"):
            return f"```{argument}\n{body}\n```"
        raise ExtensionError(f"{self.references.page}: no plain Markdown for {{{name}}}")

    def exercise(self, label: str) -> str:
        """Return what an exercise is called, such as "Exercise 6.4"."""
        return self.references.resolve(f"{{ref}}`{label.strip()}`").astext()


def line_ends(text: str) -> list[int]:
    """Return where each line begins, and where the text ends."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n"))]


def directive_name(token: Token) -> str:
    """Return the name of the directive that a token is, or nothing."""
    match = DIRECTIVE.match(token.info.strip()) if token.type in ("fence", "colon_fence") else None
    return match[1] if match else ""


def indented(new: str, old: str, token: Token) -> str:
    """Return a new block with what precedes the lines of the old, in a list or a quote."""
    first = old.split("\n", 1)[0]
    mark = token.markup or first.strip()[:2]
    before = first[: first.find(mark)] if token.level else ""
    rest = re.sub(r"[^>\s]", " ", before)
    text = new.strip("\n").replace("\n", f"\n{rest}")
    end = "\n" if old.endswith("\n") else ""
    return f"{before}{text}{end}" if new else ""


def folded(title: str, text: str) -> str:
    """Return a text that opens with a click on its title."""
    return f"<details>\n<summary><b>{title}</b></summary>\n\n{text.strip()}\n\n</details>\n"
