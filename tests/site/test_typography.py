"""Lines end where they may: numbers keep their units, names in code break at their joints."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from tests.site.checks import LAID_OUT, parse
from tools.formulas import RENDERER
from tools.typography import JOINT, LONG_WORD, hold

LOOSE = re.compile(r"\d (?:%|steps|units|words|updates|bits)(?!\w)|(?:chapter|Figure|Exercise) \d")


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("in 22 % of 100 steps", "in 22\u00a0% of 100\u00a0steps"),
        ("chapter 6 and Figure 6.1", "chapter\u00a06 and Figure\u00a06.1"),
        ("2.1 · 10⁻⁷, 300 … 400", "2.1\u00a0·\u00a010⁻⁷, 300\u00a0…\u00a0400"),
        ("½ unit, 5 min", "½\u00a0unit, 5\u00a0min"),
        ("in 1991 the unitary 3 stepson", "in 1991 the unitary 3 stepson"),
    ],
)
def test_what_belongs_together_is_held(text: str, held: str) -> None:
    assert hold(text) == held


def test_a_name_breaks_at_its_joints() -> None:
    page = '<span class="pre">softmax_cross_entropy(W_hh,</span> <span class="pre">a_b.c</span>'
    broken = LONG_WORD.sub(lambda word: JOINT.sub(r"\g<0><wbr>", word[0]), page)
    long, short = broken.split("</span> ")
    assert long.endswith("softmax_<wbr>cross_<wbr>entropy(<wbr>W_hh,")
    assert "<wbr>" not in short


def test_no_number_on_a_page_is_without_its_unit(site: Path) -> None:
    seen = 0
    for page in sorted((site / "chapters").glob("*.html")):
        article = parse(page).select_one("article.bd-article")
        assert article is not None
        for aside in article.select(
            "pre, code, math, script, summary, svg, [data-explorer], footer, .caption-number"
        ):
            aside.decompose()
        for paragraph in article.select("p"):
            text = paragraph.get_text()
            seen += "\u00a0" in text
            assert not LOOSE.search(text), (page.name, text)
    assert seen > 500


# By how much each mark after a formula stands above or below the letter that follows in its line.
LIFTED = """
() => [...document.querySelectorAll(".bd-article p > span.math > .mark")].flatMap(mark => {
  const text = mark.parentElement.nextSibling;
  if (text?.nodeType !== Node.TEXT_NODE || text.length < 2) return [];
  const range = document.createRange();
  range.setStart(text, 1);
  range.setEnd(text, 2);
  const [own, next] = [mark.getBoundingClientRect(), range.getBoundingClientRect()];
  return next.left > own.left && next.height ? [Math.abs(own.bottom - next.bottom)] : [];
})
"""


def test_a_mark_after_a_formula_stands_on_the_line(browser: Browser, base: str) -> None:
    tab = browser.new_page()
    tab.goto(f"{base}/chapters/06-the-gradient-product.html")
    tab.wait_for_function(LAID_OUT)
    lifted = tab.evaluate(LIFTED)
    assert len(lifted) > 10 and max(lifted) < 1
    tab.add_style_tag(content="html span.math { display: inline-flex; align-items: center; }")
    assert max(tab.evaluate(LIFTED)) > 2
    tab.close()


PIECES = {
    r"x_1, x_2, \ldots, x_T": ["x1,", "x2,…,", "xT"],
    r"\sigma_1 \ge \cdots \ge \sigma_H": ["σ1≥⋯≥", "σH"],
    r"\log \bigl(a/b\bigr) = c - d": ["log⁡(a/b)=", "c−", "d"],
    r"\bigl|P\bigr| \le 3": ["|P|≤", "3"],
    r"W = \bigl(\begin{smallmatrix} 0 & 3 \\ 0 & 0 \end{smallmatrix}\bigr)": ["W=", "(0300)"],
}


@pytest.mark.parametrize("latex", PIECES)
def test_a_formula_in_a_line_breaks_between_whole_pieces(latex: str) -> None:
    html = RENDERER.render(latex, display=False)["html"]
    formula = BeautifulSoup(html, "html.parser").math
    assert [piece.get_text() for piece in formula.find_all(recursive=False)] == PIECES[latex]


def test_the_name_of_a_function_has_room_before_it_and_brackets_grow() -> None:
    for latex, room in ((r"\tfrac12\tanh s", True), (r"(\tanh s)", False), (r"p\log o", True)):
        html = RENDERER.render(latex, display=True)["html"]
        name = "tanh" if "tanh" in latex else "log"
        assert bool(re.search(r"</mspace>(<mrow>)?<mi>" + name, html)) == room
    matrix = r"\bigl(\begin{smallmatrix} 0 \\ 1 \end{smallmatrix}\bigr)"
    html = RENDERER.render(matrix, display=False)["html"]
    assert html.count('stretchy="true"') == 2 and "maxsize" not in html
    assert "maxsize" in RENDERER.render(r"\bigl(x\bigr)", display=False)["html"]
