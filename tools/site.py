"""Sphinx extension: what the course's pages do differently from the theme's.

- The course's public address is kept in one place (see `_config.yml`); as long as it is empty, no
  page has a button for the repository, Binder or Colab.
- A page's download menu offers what the page has: a chapter its notebook, every page printing.
- A page's head has a description and a link preview.
- Images carry their size, so that the text below them does not move when they arrive.
- What makes a page heavy stays out of it: colours that are the text's own, a trained model, images
  not yet in view, colours that no figure needs.
- The explorers' modules lie in `explorers/`, where course.js fetches them.
- The root of the site leads to the landing page.
"""

import os
import re
import shutil
import struct
from hashlib import sha256
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

BINDER = "https://mybinder.org"
COLAB = "https://colab.research.google.com"
PREVIEW = "_static/social-preview.png"
IMAGE = re.compile(r'<img (?![^>]*\bwidth)([^>]*src="(?:\.\./)*_images/([^"]+)"[^>]*?) ?/?>')
# A figure of a notebook has its size as a style, which would squeeze it on a phone.
FIXED_SIZE = re.compile(r'style="width: ([\d.]+)px; height: ([\d.]+)px;"')
# Names and brackets have the colour of the text: they need no element of their own.
UNCOLOURED = re.compile(r'<span class="(?:n|nn|nx|p|pm|w)">([^<]*)</span>')
STATE = re.compile(r'data-state="([^"]{20000,})"')
# The title of a solution repeats its exercise's, which stands just above it.
REPEATED = re.compile(r"(Solution to<a [^>]*>\s*Exercise\s[\d.]+) \(.*?\)(?=</a></p>)")
FORMULA = "\0"
SENTENCE = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
UNUSED = (  # files of the theme that no page asks for
    "_static/vendor/fontawesome/*/js",
    "_static/**/*.map",
    "_static/*webpack-macros.html",
)
EXPLORERS = Path(__file__).resolve().parent.parent / "rnnlib" / "explorers"
# The theme asks for the width of every box as soon as the page is there, which lays out the whole
# page at once, in view or not; course.js does that work a little at a time instead.
EAGER_SCRIPT = "_static/scripts/pydata-sphinx-theme.js"
EAGER = '"pre, .nboutput > .output_area, .cell_output > .output, .jp-RenderedHTMLCommon"'
NOTHING = '":not(*)"'
ROOT_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="_static/favicon.svg" type="image/svg+xml">
<meta http-equiv="refresh" content="0; url={landing}">
{head}</head>
<body><p><a href="{landing}">{title}</a></p></body>
</html>
"""


def set_public_address(_: Sphinx, config: Config) -> None:
    """Switch on what needs the repository's or the site's address, where that is known."""
    theme = config.html_theme_options
    repository = (os.environ.get("COURSE_REPOSITORY") or theme.get("repository_url", "")).strip("/")
    theme["repository_url"] = repository
    if repository:
        launch = {"notebook_interface": "jupyterlab", "binderhub_url": BINDER}
        if "github.com/" in repository:
            launch["colab_url"] = COLAB
        buttons = ("use_repository_button", "use_issues_button", "use_edit_page_button")
        theme.update(dict.fromkeys(buttons, True), launch_buttons=launch)
    site = (os.environ.get("COURSE_SITE") or config.html_baseurl or "").strip("/")
    config.html_baseurl = f"{site}/" if site else ""


def offer_what_the_page_has(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Leave the notebook's download and launch buttons to notebooks."""
    if context.get("page_source_suffix") == ".ipynb":
        return
    context["header_buttons"] = [
        button
        for button in context.get("header_buttons", [])
        if button.get("label") not in ("download-buttons", "launch-buttons")
    ]


def description_of(tree: nodes.document, limit: int = 200) -> str:
    """Return the first sentences of a page's running text, whole ones without a formula."""
    found: list[str] = []
    for paragraph in tree.findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.section | nodes.container):
            continue
        pieces = [
            FORMULA if isinstance(part, nodes.math) else part.astext().replace("\\", "")
            for part in paragraph.children
        ]
        for sentence in SENTENCE.split(" ".join("".join(pieces).split())):
            if FORMULA in sentence or not sentence.endswith((".", "!", "?")):
                continue
            if found and len(" ".join([*found, sentence])) > limit:
                return " ".join(found)
            found.append(sentence)
    return " ".join(found)


def head(site: str, page: str, to_root: str, title: str, description: str) -> str:
    """Write description and link preview; their addresses are absolute if the site has one."""
    root = site or to_root
    tags = {
        "description": description,
        "og:title": title,
        "og:description": description,
        "og:type": "website",
        "og:site_name": "Gradients Through Time",
        "og:image": f"{root}{PREVIEW}",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "Three curves leave one point: exploding, balanced and vanishing",
        "twitter:card": "summary_large_image",
    }
    if site:
        tags["og:url"] = f"{site}{page}"
    return "".join(
        f'<meta {"property" if name.startswith("og:") else "name"}="{name}" '
        f'content="{escape(content)}" />\n'
        for name, content in tags.items()
    )


def complete_page(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Complete a page's head, its images' sizes and its bibliography's markup."""
    own = description_of(tree) if tree else ""
    to_root = "../" * page.count("/")
    title = re.sub("<[^>]+>", "", context.get("title", ""))
    tags = head(app.config.html_baseurl, f"{page}.html", to_root, title, own or app.config.summary)
    if page == app.config.root_doc:  # whose own title is the site's, and which needs no contents
        context["title"] = "A course on recurrent neural networks"
        context["sidebars"] = []
    if 'name="description"' in context.get("metatags", ""):  # the page's own, from its metadata
        tags = tags.split("\n", 1)[1]
    context["metatags"] = context.get("metatags", "") + tags
    context["script_files"] = [  # a static page has no kernel for the widgets to talk to
        script
        for script in context.get("script_files", [])
        if getattr(script, "attributes", {}).get("type") != WIDGET_STATE
    ]
    sources = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}
    body = FIXED_SIZE.sub(r'width="\1" height="\2"', context.get("body", ""))
    body = IMAGE.sub(lambda match: _with_size(match, sources), body)
    body = body.replace("<img ", '<img loading="lazy" decoding="async" ')
    body = UNCOLOURED.sub(r"\1", body)
    body = REPEATED.sub(r"\1", body)
    body = STATE.sub(lambda match: _in_a_file(match, Path(app.outdir)), body)
    # What is announced is what is seen: "Show code cell source".
    body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    # docutils calls the entries list items, which they are not.
    body = body.replace('<div role="list" class="citation-list">', '<div class="citation-list">')
    context["body"] = body.replace(' role="doc-biblioentry"', "")


def _in_a_file(match: re.Match[str], out: Path) -> str:
    """Move what an explorer is given, such as a trained model, out of the page."""
    state = unescape(match[1]).encode()
    file = f"{sha256(state).hexdigest()[:12]}.json"
    (out / "explorers").mkdir(exist_ok=True)
    (out / "explorers" / file).write_bytes(state)
    return f'data-state-file="{file}"'


def _with_size(match: re.Match[str], sources: dict[str, Path]) -> str:
    """Rewrite an image's tag with its width and height, where the file tells them."""
    size = image_size(sources[match[2]])
    return f'<img {match[1]} width="{size[0]}" height="{size[1]}" />' if size else match[0]


def image_size(path: Path) -> tuple[int, int] | None:
    """Read the size of a PNG or SVG in CSS pixels."""
    if path.suffix == ".png":
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        return width, height
    if path.suffix == ".svg":
        start = path.read_text(encoding="utf-8")[:2000]
        found = re.search(r'<svg[^>]*\bwidth="([\d.]+)pt"', start)
        found_height = re.search(r'<svg[^>]*\bheight="([\d.]+)pt"', start)
        if found and found_height:
            return round(float(found[1]) * 4 / 3), round(float(found_height[1]) * 4 / 3)
    return None


def make_light(path: Path, kept: Path) -> None:
    """Reduce a picture to the 256 colours that a figure needs; what was done once is kept."""
    copy = kept / f"{sha256(path.read_bytes()).hexdigest()}.png"
    if not copy.exists():
        kept.mkdir(exist_ok=True)
        with Image.open(path) as image:
            light = image.convert("RGBA").quantize(256, Image.Quantize.FASTOCTREE, dither=0)
            light.save(copy, optimize=True)
        if copy.stat().st_size > path.stat().st_size:
            shutil.copy(path, copy)
    shutil.copy(copy, path)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the page at the site's root and drop the files that no page asks for."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    landing = f"{app.config.root_doc}.html"
    tags = head(app.config.html_baseurl, "", "", app.config.html_title, app.config.summary)
    page = ROOT_PAGE.format(title=app.config.html_title, landing=landing, head=tags)
    (out / "index.html").write_text(page, encoding="utf-8")
    script = (out / EAGER_SCRIPT).read_text(encoding="utf-8")
    if EAGER not in script and NOTHING not in script:
        raise ExtensionError(f"{EAGER_SCRIPT} has changed: see EAGER in tools/site.py")
    (out / EAGER_SCRIPT).write_text(script.replace(EAGER, NOTHING), encoding="utf-8")
    shutil.copytree(
        EXPLORERS,
        out / "explorers",
        ignore=shutil.ignore_patterns("*.py", "_*"),
        dirs_exist_ok=True,
    )
    for path in (out / "_images").glob("*.png"):
        make_light(path, out.parent / "light")
    for pattern in UNUSED:
        for path in list(out.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    app.add_config_value("summary", "", "html", str)
    # Jupyter Book always sets this option; sphinx-comments, which would own it, is not loaded.
    app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", set_public_address)
    app.connect("html-page-context", offer_what_the_page_has, priority=600)
    app.connect("html-page-context", complete_page, priority=600)
    app.connect("build-finished", finish, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
