"""The fonts are light, and have every character of the pages."""

from html import unescape
from pathlib import Path

import pytest

from tests.site.checks import parse
from tools.fonts import MATH_FONT, ROOT, characters, cut_math, formulas, opened

MOST = 150_000  # bytes, for all fonts together


def lacking(font: Path, shown: set[tuple[str, bool]]) -> set[tuple[str, bool]]:
    """Return what a cut font has lost: characters, and forms of them for indices."""
    lost = set()
    whole, cut = (forms(each) for each in (ROOT / MATH_FONT, font))
    for character, small in shown:
        before, now = whole.get(character, []), cut.get(character, [])
        if before and (not now or (small and len(now) < len(before))):
            lost.add((character, small))
    return lost


def forms(path: Path) -> dict[str, list[str]]:
    """Return a font's characters, each with its form and those for indices."""
    font = opened(path)
    features = {
        record.FeatureTag: record.Feature for record in font["GSUB"].table.FeatureList.FeatureRecord
    }
    alternates: dict[str, list[str]] = {}
    for number in features["ssty"].LookupListIndex if "ssty" in features else ():
        for table in font["GSUB"].table.LookupList.Lookup[number].SubTable:
            alternates |= getattr(table, "ExtSubTable", table).alternates
    return {
        chr(code): [glyph, *alternates.get(glyph, [])] for code, glyph in font.getBestCmap().items()
    }


@pytest.fixture(scope="module")
def shown(site: Path) -> set[tuple[str, bool]]:
    pages = (path.read_text(encoding="utf-8") for path in site.rglob("*.html"))
    return {pair for formula in formulas(pages) for pair in characters(formula)}


def test_all_fonts_together_are_light(site: Path) -> None:
    fonts = [
        *(site / "_static" / "fonts").glob("*.woff2"),
        *(site / "_static" / "math").glob("*.woff2"),
    ]
    assert len(fonts) == 10
    assert sum(path.stat().st_size for path in fonts) <= MOST


def test_the_font_of_the_formulas_has_all_that_they_use(
    site: Path, shown: set[tuple[str, bool]], tmp_path: Path
) -> None:
    whole = set(forms(ROOT / MATH_FONT))
    assert {character for character, _ in shown if not character.isspace()} <= whole | set("′″⁡‾")
    assert not lacking(site / MATH_FONT, shown)
    # And what was not known to be used is found to be missing.
    dropped = {("𝑡", True), ("𝜑", False)}
    assert dropped <= shown
    (tmp_path / "cut.woff2").write_bytes(cut_math(ROOT / MATH_FONT, shown - dropped))
    assert lacking(tmp_path / "cut.woff2", shown) == dropped
    (tmp_path / "cut.woff2").write_bytes(cut_math(ROOT / MATH_FONT, shown - {("𝑡", True)}))
    assert lacking(tmp_path / "cut.woff2", shown) == {("𝑡", True)}


def test_characters_are_those_that_a_browser_draws() -> None:
    formula = "<math><msub><mi>h</mi><mi>max</mi></msub><mfrac><mi>x</mi><mn>2</mn></mfrac>"
    formula += "<msqrt><mn>3</mn></msqrt></math>"
    assert set(characters(formula)) == {
        *[(c, False) for c in "hℎ√3"],
        *[(c, True) for c in "maxx𝑥2"],
    }


def test_the_fonts_of_the_text_have_every_letter_of_it(site: Path) -> None:
    have: set[str] = set()
    for path in (site / "_static" / "fonts").glob("*.woff2"):
        have |= set(map(chr, opened(path).getBestCmap()))
    for page in site.rglob("*.html"):
        soup = parse(page)
        for aside in soup.select("math, script, style"):
            aside.decompose()
        text = {c for c in unescape(soup.get_text()) if not c.isspace()}
        ours = {c for c in text if c < "\u0100" or "\u0370" <= c <= "\u03ff"}
        assert ours <= have, (page.name, "python -m tools.fonts")
