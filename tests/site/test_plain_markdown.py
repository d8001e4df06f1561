"""MyST in plain Markdown, wherever it stands: a small book with one of everything."""

import shutil

import nbformat
import pytest

from tests.site.books import ROOT, TOC, Book
from tests.site.test_downloads import leftovers

TEXT = r"""# First

(a-place)=
## A *place*

% said to nobody

$$
h = 1
$$ (eq-first)

See {eq}`eq-first`, `{eq}` as code, {ref}`a-place`, [the landing page](index.md) and [a site](https://example.org/?a=b).

- In a list, {eq}`eq-first`:

  $$
  s = 2
  $$ (eq-second)

  and on.
  1. deeper {eq}`eq-second`

| where | what |
|---|---|
| {eq}`eq-first` | $a \mid b$ and {eq}`eq-second` |

> A quote with {eq}`eq-first`.

+++

:::{note}
By {cite:t}`pascanu2013difficulty` {cite:p}`cho2014learning,bengio1994learning`.

$$
a = b \\
c
$$ (eq-third)

A formula $x +
y$ over two lines.

```python
print("{eq}`no`")
```
:::

![A logo](../_static/favicon.svg)

```{math}
:label: eq-fourth
z = 3
```

```{exercise} With $x$
:label: ex-one

How much?
```

````{solution} ex-one
:class: dropdown

Nothing by {eq}`eq-fourth`.
````

```{exercise} Gated
:label: ex-two

And now?
```

````{solution-start} ex-two
````
Some, {glue:text}`answer:.1f` in all.
"""
CELLS = ("from myst_nb import glue\n\nglue('answer', 41.96, display=False)",)
AFTER = ("More.\n\n````{solution-end}\n````\n\nThe end {eq}`eq-third`.",)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list:
    book = Book(tmp_path_factory.mktemp("plain"))
    toc = TOC.replace("chapters:", "options:\n  numbered: true\nchapters:")
    pages = "  - file: chapters/01-first\n  - file: chapters/bibliography\n"
    (book.root / "_toc.yml").write_text(toc + pages)
    shutil.copy(ROOT / "chapters" / "bibliography.md", book.root / "chapters")
    book.write(TEXT, CELLS)
    path = book.root / "chapters" / "01-first.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for number, text in enumerate(AFTER):
        notebook.cells.append(nbformat.v4.new_markdown_cell(text, id=f"after-{number}"))
    nbformat.write(notebook, path)
    book.build()
    built = nbformat.read(book.site / "notebooks" / "01-first.ipynb", as_version=4)
    assert [cell.id for cell in built.cells] == [
        "reader-about",
        "reader-install",
        "cell-0",
        "cell-1",
        "after-0",
        "reader-references",
    ]
    return built.cells


@pytest.mark.parametrize(
    "written",
    [
        "# First\n\n## A *place*\n\n",
        "$$\nh = 1 \\tag{1.1}\n$$\n\nSee (1.1), `{eq}` as code, A place, ",
        "[a site](https://example.org/?a=b).",
        "- In a list, (1.1):\n\n  $$\n  s = 2 \\tag{1.2}\n  $$\n\n  and on.\n  1. deeper (1.2)\n",
        "| (1.1) | $a \\mid b$ and (1.2) |",
        "> A quote with (1.1).\n",
        "> **Note**\n>\n> By Pascanu *et al.* (2013) (",
        "> $$ a = b \\\\ c \\tag{1.3} $$\n>\n> A formula $x + y$ over two lines.\n",
        '> ```python\n> print("{eq}`no`")\n> ```\n',
        "![A logo](attachment:favicon.svg)",
        "$$\nz = 3 \\tag{1.4}\n$$\n",
        "### Exercise 1.1 · With $x$\n\nHow much?\n",
        "<summary><b>Solution to Exercise 1.1</b></summary>\n\nNothing by (1.4).\n\n</details>",
        "<summary><b>Solution to Exercise 1.2</b></summary>\n\nSome, 42.0 in all.\n\n</details>",
    ],
)
def test_it_is_written_so(cells: list, written: str) -> None:
    assert written in cells[2].source


def test_nothing_is_left(cells: list) -> None:
    text = cells[2].source.replace('> print("{eq}`no`")', "")
    assert leftovers(text) == []
    assert "said to nobody" not in text


def test_a_solution_goes_on_after_its_code(cells: list) -> None:
    assert cells[3].source.startswith("# Solution to Exercise 1.2, in code\ndef glue(")
    assert cells[3].metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
    assert cells[4].source == (
        "<details>\n<summary><b>Solution to Exercise 1.2, continued</b></summary>\n\nMore.\n\n"
        "</details>\n\nThe end (1.3)."
    )


def test_an_image_travels_with_its_cell(cells: list) -> None:
    assert set(cells[2].attachments["favicon.svg"]) == {"image/svg+xml"}


def test_what_is_cited_stands_at_the_end(cells: list) -> None:
    entries = cells[-1].source.split("\n- ")[1:]
    assert [entry.split(".")[0] for entry in entries] == [
        "**Bengio et al",
        "**Cho et al",
        "**Pascanu et al",
    ]
