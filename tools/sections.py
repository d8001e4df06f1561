"""Sphinx extension: the search finds sections, those of the text before those of the library.

Sphinx's own index holds pages, of which a chapter is thirty screens long, ranks them by how often a
word occurs, and counts a name of the library for more than the chapter that explains it. Here every
section, and every entry of the reference, is a place of its own: its title, its words, its formulas
as they are typed, the numbers of its equations. `search/find.js` ranks them in the browser.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from tools.notation import entries

SCRIPT = Path(__file__).with_name("find.js")
FOLDER = "search"
UNREAD = (  # what nobody searches for, or what stands apart
    nodes.literal_block,
    nodes.raw,
    nodes.comment,
    nodes.image,
    nodes.title,
    addnodes.desc,
    addnodes.index,
)
# Their headings are the chapters' titles, and their sentences the chapters' own.
LISTS = ("chapters/equation-index", "chapters/claim-ledger")
QUOTES = "chapters/what-textbooks-get-wrong"  # headings that name a thing and do not teach it
COMMAND = re.compile(r"\\(?:text|mathrm|operatorname|mathbf)\s*|\\[,;!: ]|[{}&$]|\\\\")
GREEK = re.compile(r"\\([A-Za-z]+)")


def plain(latex: str) -> str:
    """Write a formula as it would be typed into a search: 2^{10} is 2^10."""
    return " ".join(GREEK.sub(r"\1", COMMAND.sub("", latex)).split())


def words(node: nodes.Node) -> Iterator[str]:
    """Yield what there is to read in a node, but not in what is a place of its own."""
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield child.astext()
        elif isinstance(child, nodes.math | nodes.math_block):
            yield f" {plain(child.astext())} "
        elif not isinstance(child, UNREAD) and not is_place(child):
            yield from words(child)
            if isinstance(child, nodes.Body | nodes.Part | nodes.term):
                yield " "


def is_place(node: nodes.Node) -> bool:
    """Say whether a node is a section of the page, and not, as in an exercise, a mere box."""
    return isinstance(node, nodes.section) and isinstance(
        node.parent, nodes.document | nodes.section
    )


def kind_of(page: str) -> int:
    """Rank pages: chapters, what explains beside them, what asks or quotes, the reference."""
    if re.match(r"chapters/\d\d-", page):
        return 0
    if page.startswith("coursework/") or page == QUOTES:
        return 2
    return 3 if page.startswith("reference/") else 1


def places(
    tree: nodes.document, number: str, numbers: dict[str, tuple[int, ...]]
) -> Iterator[dict[str, str]]:
    """Yield a page's sections, and the entries of the reference."""
    for section in filter(is_place, tree.findall(nodes.section)):
        text = " ".join("".join(words(section)).split())
        equations = [
            ".".join(map(str, numbers[block["ids"][0]]))
            for block in section.findall(nodes.math_block)
            if block["ids"] and block["ids"][0] in numbers and closest(block) is section
        ]
        yield {"id": section["ids"][0], "title": title_of(section, number), "text": text,
               "equations": " ".join(equations)}  # fmt: skip
    for entry in tree.findall(addnodes.desc):
        signature = entry.next_node(addnodes.desc_signature)
        if signature is not None and signature.get("ids"):
            text = " ".join("".join(words(entry)).split())
            yield {"id": signature["ids"][0], "title": signature["ids"][0], "text": text,
                   "equations": ""}  # fmt: skip


def title_of(section: nodes.section, number: str) -> str:
    """Return a section's title, a chapter's with its number."""
    title = section.next_node(nodes.title)
    text = "" if title is None else "".join(words(title)).strip()
    return f"{number} · {text}" if number and isinstance(section.parent, nodes.document) else text


def closest(node: nodes.Node) -> nodes.Node:
    """Return the section that a node stands in."""
    while not is_place(node := node.parent):
        pass
    return node


def collect(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Note a page's places, in a file beside the pages that are made."""
    path = noted(app) / f"{page}.json"
    if app.builder.name != "html" or (tree.next_node(nodes.section) is None and path.exists()):
        return  # a sentence of the page, which is resolved alone for a reader's notebook
    numbers = app.env.toc_secnumbers.get(page, {}).get("", ())
    number = str(numbers[0]) if numbers and kind_of(page) == 0 else ""
    equations = app.env.toc_fignumbers.get(page, {}).get("displaymath", {})
    found = list(places(tree, number, equations))
    if page in LISTS:
        found = [found[0] | {"text": ""}]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def noted(app: Sphinx) -> Path:
    """Return the folder of the pages' places."""
    return Path(app.outdir).parent / "sections"


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the index of all pages, and the script that searches it."""
    if exception or app.builder.name != "html":
        return
    folder, index = Path(app.outdir) / FOLDER, []
    for page in sorted(app.env.found_docs):
        found = json.loads((noted(app) / f"{page}.json").read_text(encoding="utf-8"))
        title = found[0]["title"] if found else app.env.titles[page].astext()
        index.append({"page": page, "title": title, "kind": kind_of(page), "places": found})
    names = {
        entry["also"].lower(): entry["term"]
        for entry in entries(Path(app.srcdir) / "notation.yml")
        if "also" in entry
    }
    text = json.dumps({"names": names, "pages": index}, ensure_ascii=False)
    folder.mkdir(exist_ok=True)
    (folder / "places.json").write_text(text, encoding="utf-8")
    shutil.copy(SCRIPT, folder)
    (Path(app.outdir) / "searchindex.js").unlink(missing_ok=True)


def leave_sphinxs_index(app: Sphinx) -> None:
    """Make none of Sphinx's own, which no page asks for, and which a later build would miss."""
    if app.builder.name == "html":
        for step in ("load_indexer", "index_page", "dump_search_index"):
            setattr(app.builder, step, lambda *_: None)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    app.connect("builder-inited", leave_sphinxs_index)
    app.connect("doctree-resolved", collect, priority=900)
    app.connect("build-finished", write, priority=120)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
