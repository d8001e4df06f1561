"""An explorer in a live JupyterLab: Python sets a trait and the page follows, and back."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

CELLS = [
    "from rnnlib.explorers import UnitExplorer\nex = UnitExplorer()\nex",
    "ex.activation, ex.u = 'tanh', 1.5",
    "print('u is', ex.u, 'and the norm', f'{ex.norms[-1]:.9f}')",
    "import ipywidgets\nslider = ipywidgets.FloatSlider(min=-3, max=3)\n"
    "link = ipywidgets.jslink((slider, 'value'), (ex, 'u'))\nipywidgets.VBox([slider])",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a JupyterLab of its own, with no settings but its own, on one notebook."""
    home = tmp_path_factory.mktemp("home")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, home / "try.ipynb")
    (home / "CONFIG" / "labconfig").mkdir(parents=True)
    off = dict.fromkeys(("@jupyter/nbgrader", "@jupyterlab/apputils-extension:announcements"), True)
    settings = json.dumps({"disabledExtensions": off})  # what asks the reader something
    (home / "CONFIG" / "labconfig" / "page_config.json").write_text(settings)
    address = f"http://127.0.0.1:{(port := free_port())}"
    options = [f"--ServerApp.port={port}", f"--ServerApp.root_dir={home}", "--no-browser"]
    options += ["--IdentityProvider.token=", "--allow-root"]
    folders = {f"JUPYTER_{name}_DIR": str(home / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    root = str(Path(__file__).resolve().parents[2])
    log = (home / "lab.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options],
        env=os.environ | folders | {"HOME": str(home), "PYTHONPATH": root},
        stdout=log,
        stderr=log,
    )
    try:
        wait_for(f"{address}/api", server)
        yield f"{address}/lab/tree/try.ipynb"
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(120):
        assert server.poll() is None, "JupyterLab ended before it answered"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except URLError:
            time.sleep(0.5)
    raise TimeoutError(f"{address} did not answer")


def run_cell(tab: Page, number: int) -> None:
    """Run one cell and wait until its count says that it has ended.

    A page that is still being laid out may lose the click or the key: then they are given again.
    """
    prompt = "document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')[n].textContent"
    for _ in range(10):
        tab.locator(".jp-CodeCell").nth(number).locator(".cm-content").click()
        tab.keyboard.press("Shift+Enter")
        with contextlib.suppress(PlaywrightTimeout):
            tab.wait_for_function(f"n => /[*\\d]/.test({prompt})", arg=number, timeout=6_000)
            break
    tab.wait_for_function(f"n => /\\d/.test({prompt})", arg=number, timeout=60_000)


def accept(dialog: Locator) -> None:
    """Close a dialog as a reader does; print what it said, for whoever reads of a failure."""
    print("JupyterLab said:", dialog.inner_text())
    dialog.locator("button.jp-mod-accept").click()


def test_python_and_the_page_follow_each_other(browser: Browser, lab: str) -> None:
    tab = browser.new_page(viewport={"width": 1400, "height": 2400})
    # A machine that stalls makes JupyterLab say that its server does not answer, over everything.
    tab.add_locator_handler(tab.locator("dialog.jp-Dialog"), accept)
    tab.goto(lab, timeout=120_000)
    tab.locator(".jp-CodeCell").nth(len(CELLS) - 1).wait_for(timeout=120_000)
    idle = ".jp-Notebook-ExecutionIndicator[data-status=idle]"  # before that a cell would not run
    tab.locator(idle).wait_for(timeout=120_000)
    run_cell(tab, 0)
    explorer = tab.locator(".explorer-box")
    shown = explorer.locator('dd[data-name="product"]')
    shown.wait_for(timeout=60_000)
    assert shown.inner_text() == "1024"

    run_cell(tab, 1)  # Python sets the traits
    slider = explorer.locator('[data-control="u"] input[type=range]')
    tab.wait_for_function("s => s.value === '1.5'", arg=slider.element_handle())
    assert explorer.locator('[data-control="activation"] select').input_value() == "tanh"

    box = slider.bounding_box()  # the reader drags
    assert box is not None
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.75 * box["width"], middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=8)
    tab.mouse.up()
    dragged = float(slider.input_value())
    assert dragged != 1.5
    output = tab.locator(".jp-CodeCell").nth(2).locator(".jp-OutputArea-output")
    told = output.filter(has_text=f"u is {dragged:g} ")
    for _ in range(10):  # until Python has been told of the last move
        run_cell(tab, 2)
        with contextlib.suppress(PlaywrightTimeout):
            told.wait_for(timeout=3_000)
            break
    said = told.inner_text()
    assert float(said.split()[-1]) == pytest.approx(
        float(shown.get_attribute("data-value") or "nan"), abs=1e-9
    )

    run_cell(tab, 3)  # another widget, linked in the page
    other = tab.locator(".widget-slider, .jupyter-widget-slider").last
    other.locator(".noUi-handle").focus()
    before = slider.input_value()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_function("([s, b]) => s.value !== b", arg=[slider.element_handle(), before])
    tab.close()
