"""Sphinx extension: the fonts of formulas, cut down to what the pages show.

Latin Modern Math has thousands of signs; a page waits for its font before it shows a formula. So
the built site gets a copy with the characters of its own formulas, their italic forms (a browser
draws a single letter italic by itself), the larger forms of brackets and signs, and the forms for
indices of what stands in indices. One constant is changed: how far below a letter's lowest point an
index begins. TeX takes no notice of that point where a single letter has an index, a browser does,
and would hang the index of p_t deeper than that of x_t.

`python -m tools.fonts FOLDER` cuts the fonts of the text, which change rarely, from their originals
in FOLDER into `_static/fonts`: weights from 400 to 700, of italics and code 400 alone, a few
features, no hints.
"""

import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sphinx.application import Sphinx

from tools.node import NODE

ROOT = Path(__file__).resolve().parent.parent
MATH_FONT = "_static/math/latin-modern-math.woff2"
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
TEXT = (
    "".join(map(chr, range(0x20, 0x7F)))
    + "\u00a0§°±²³´·¹¼½¾×÷ÄÅÉÖØÜßàáâãäåæçèéêëíîïñóôöøùúûüýı‐–—‘’“”†•…′−"
    + "ΓΔΘΛΠΣΦΨΩαβγδεζηθκλμνξπρστφχψω"
)
TEXT_FEATURES = ["kern", "liga", "tnum"]
SMALL = {"msub", "msup", "msubsup", "munder", "mover", "munderover", "mfrac", "mroot"}
ITALIC = {
    unicodedata.normalize("NFKC", chr(code)): chr(code)
    for code in range(0x1D434, 0x1D7CA)
    if re.match("MATHEMATICAL ITALIC (?!.*SYMBOL)", unicodedata.name(chr(code), ""))
} | {"h": "ℎ", **dict(zip("ϵϑϰϕϱϖ", "𝜖𝜗𝜘𝜙𝜚𝜛", strict=True))}
INDEX_DROP = -120  # thousandths of the letter's size
ZLIB = """
const zlib = require("zlib"), {constants: c} = zlib, parts = [];
const options = {params: {[c.BROTLI_PARAM_MODE]: c.BROTLI_MODE_FONT}};
process.stdin.on("data", part => parts.push(part)).on("end", () =>
  process.stdout.write(zlib[process.argv[1]](Buffer.concat(parts), options)));
"""


class Brotli:
    """What fontTools asks of the package `brotli`, done by Node."""

    MODE_FONT = 2

    @staticmethod
    def _run(function: str, data: bytes) -> bytes:
        command = [str(NODE), "--eval", ZLIB, function]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    @classmethod
    def decompress(cls, data: bytes) -> bytes:
        """Unpack."""
        return cls._run("brotliDecompressSync", data)

    @classmethod
    def compress(cls, data: bytes, *, mode: int) -> bytes:
        """Pack."""
        return cls._run("brotliCompressSync", data)


def opened(path: Path) -> Any:
    """Open a font."""
    sys.modules.setdefault("brotli", Brotli)  # type: ignore[arg-type]
    from fontTools.ttLib import TTFont

    return TTFont(BytesIO(path.read_bytes()), recalcTimestamp=False)


def packed(font: Any) -> bytes:
    """Return a font as the contents of a woff2 file."""
    out = BytesIO()
    font.flavor = "woff2"
    font.save(out)
    return out.getvalue()


def subset(font: Any, characters: Iterable[str], *, features: list[str], **options: Any) -> Any:
    """Leave of a font what some characters need."""
    from fontTools.subset import Options, Subsetter

    glyphs = options.pop("glyphs", ())
    wanted = Options(layout_features=features, hinting=False, notdef_outline=True, **options)
    cutter = Subsetter(wanted)
    cutter.populate(unicodes=map(ord, characters), glyphs=glyphs)
    cutter.subset(font)
    return font


def formulas(pages: Iterable[str]) -> set[str]:
    """Return the formulas of some pages, each once."""
    return {formula for page in pages for formula in FORMULA.findall(page)}


def characters(formula: str) -> Iterator[tuple[str, bool]]:
    """Yield a formula's characters as they are drawn, and whether small."""

    def walk(node: ElementTree.Element, small: bool) -> Iterator[tuple[str, bool]]:
        text = node.text or ""
        small = small or node.get("scriptlevel", "0") != "0"
        if node.tag == "mi" and len(text) == 1 and node.get("mathvariant") != "normal":
            text += ITALIC.get(text, "")
        if node.tag in ("msqrt", "mroot"):
            text += "√"  # which no element writes
        for character in text:
            yield character, small
        for place, child in enumerate(node):
            yield from walk(
                child, small or (node.tag in SMALL and (place > 0 or node.tag == "mfrac"))
            )

    return walk(ElementTree.fromstring(formula), False)


def cut_math(path: Path, shown: set[tuple[str, bool]]) -> bytes:
    """Cut the formulas' font down to characters, of which some are drawn small."""
    font = opened(path)
    cmap = font.getBestCmap()
    small = {
        cmap[ord(character)] for character, is_small in shown if is_small and ord(character) in cmap
    }
    features = {
        record.FeatureTag: record.Feature for record in font["GSUB"].table.FeatureList.FeatureRecord
    }
    forms = set()
    for number in features["ssty"].LookupListIndex:
        for table in font["GSUB"].table.LookupList.Lookup[number].SubTable:
            table = getattr(table, "ExtSubTable", table)
            for glyph in small & set(table.alternates):
                forms |= set(table.alternates[glyph])
    text = {character for character, _ in shown} | {" "}
    cut = subset(font, text, features=["ssty"], glyphs=forms, layout_closure=False)
    cut["MATH"].table.MathConstants.SubscriptBaselineDropMin.Value = INDEX_DROP
    return packed(cut)


def cut_text(path: Path) -> bytes:
    """Cut a variable font of the text down to the weights and features that the pages use."""
    from fontTools.varLib.instancer import instantiateVariableFont

    one = "italic" in path.name or "code" in path.name  # these are hardly ever bold
    weights = 400 if one else (400, 700)
    font = instantiateVariableFont(opened(path), {"wght": weights})
    font.flavor = None
    whole = BytesIO()
    font.save(whole)
    whole.seek(0)
    font = type(font)(whole, recalcTimestamp=False)
    return packed(subset(font, TEXT, features=TEXT_FEATURES))


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Put the cut fonts in the site; what was cut once for the same characters is kept."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    pages = (path.read_text(encoding="utf-8") for path in sorted(out.rglob("*.html")))
    shown = {pair for formula in formulas(pages) for pair in characters(formula)}
    source = ROOT / MATH_FONT
    mark = sha256(repr(sorted(shown)).encode() + source.read_bytes() + Path(__file__).read_bytes())
    kept = out.parent / "fonts" / f"{mark.hexdigest()}.woff2"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(cut_math(source, shown))
    (out / MATH_FONT).write_bytes(kept.read_bytes())


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    app.connect("build-finished", finish, priority=200)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    for original in sorted(Path(sys.argv[1]).glob("*.woff2")):
        target = ROOT / "_static" / "fonts" / original.name
        target.write_bytes(cut_text(original))
        print(f"{original.name}: {original.stat().st_size} → {target.stat().st_size} bytes")
