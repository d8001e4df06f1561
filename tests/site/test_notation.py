"""The pages made of `notation.yml`, and what is refused in it."""

from pathlib import Path

import pytest
from sphinx.errors import ExtensionError

from tests.site.checks import parse
from tools.notation import entries, latex

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_is_in_order() -> None:
    assert len(entries(ROOT / "notation.yml")) > 20


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- {term: a, says: b}\n- {term: a, says: c}", "a has 2 meanings"),
        ("- {term: a, says: b}\n- {term: c, also: a, says: d}", "a has 2 meanings"),
        ("- {term: a, symbol: x, says: b}\n- {term: c, symbol: x, says: d}", "x has 2 meanings"),
        (r"- {term: a, symbol: 'x,\; y', says: b}" "\n- {term: c, symbol: y, says: d}", "y has 2"),
        ("- {term: a}", "expected term, says"),
        ("- {term: a, says: b, sign: x}", "expected term, says"),
    ],
)
def test_a_second_meaning_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "notation.yml"
    path.write_text(text)
    with pytest.raises(ExtensionError, match=complaint):
        entries(path)


def test_greek_letters_become_commands() -> None:
    assert latex("φ'(s_t)") == r"$\varphi '(s_t)$"
    assert latex("∂^+") == r"$\partial ^+$"


def test_every_entry_is_on_its_pages(site: Path) -> None:
    table = entries(ROOT / "notation.yml")
    glossary = parse(site / "chapters" / "glossary.html")
    terms = {term.get_text(strip=True).rstrip("#") for term in glossary.select("dl.glossary dt")}
    assert terms >= {entry["term"] for entry in table}
    notation = parse(site / "chapters" / "notation.html")
    rows = notation.select("article tbody tr")
    assert len(rows) == sum("symbol" in entry for entry in table)
    assert all(row.select_one("td math") for row in rows)
    assert notation.select('a[href^="glossary.html#term-"]')
