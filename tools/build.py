"""What `python -m tools.book` does: look what has changed, build, publish.

The book is built in `_build/work` and copied to `_build/html` only when nothing went wrong, so
that a chapter that fails leaves the previous site in place. Notebooks are executed by
`tools/execute.py`. What an earlier build has left is used if it is whole and made from the same
library, tools and settings; otherwise all pages are made anew.
"""

import errno
import gc
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from tools import state
from tools.variables import ROOT

OUTPUT = ROOT / "_build"
SITE = OUTPUT / "html"
STAMP = OUTPUT / "work" / "built.json"
WORK = OUTPUT / "work" / "_build"
KEPT = ("executed", "settings")  # of WORK; all else is Sphinx's, and good only as a whole
ADDRESSES = ("COURSE_REPOSITORY", "COURSE_SITE")
INSTALL = "pip install -r requirements.txt -c constraints.txt"
READ_ONLY = (
    "the book's folder cannot be written to; copy it to a folder of your own, and build there"
)
TROUBLE = {
    errno.ENOSPC: "the disk is full; a build needs some 200 MB",
    errno.EDQUOT: "your share of the disk is full; a build needs some 200 MB",
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
}


def fingerprints() -> dict[str, str]:
    """Digest what decides whether there is anything to do, and what may be used again."""
    addresses = [os.environ.get(name) for name in ADDRESSES]
    common = [str(ROOT), state.environment(), addresses]
    return {
        "book": state.digest_of(*common, state.listing(ROOT)),
        "pages": state.digest_of(*common, state.contents(ROOT, state.PAGES)),
    }


def leftovers() -> dict[str, str]:
    """Digest the site, and what Sphinx needs to make only some of its pages anew."""
    parts = [path for path in sorted(WORK.glob("*")) if path.name not in KEPT]
    work = [(path.name, state.listing(path)) for path in parts]
    return {"site": state.listing(SITE), "work": state.digest_of(work)}


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def discard_stale(last: dict[str, object], present: dict[str, str]) -> None:
    """Remove what an earlier build left and this one must not use."""
    for folder in (WORK.parent, WORK, *(WORK / name for name in KEPT)):
        if folder.is_file():
            folder.unlink()
    STAMP.unlink(missing_ok=True)  # until this build is done
    if any(last.get(name) != present[name] for name in ("pages", "work")):
        for path in WORK.glob("*"):
            if path.name not in KEPT:
                remove(path)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it comes from."""
    while error is not None:
        yield error
        error = error.__cause__


def trouble(error: BaseException) -> str:
    """Say in a sentence what to do about an error that is not the book's; else nothing."""
    for cause in causes(error):
        if isinstance(cause, OSError) and cause.errno in TROUBLE:
            return f"{TROUBLE[cause.errno]} ({cause.filename or cause.strerror})."
        if isinstance(cause, ModuleNotFoundError):
            return (
                f"this Python lacks what the book is built with ({cause}); {INSTALL} installs it."
            )
    return ""


def run_sphinx() -> bool:
    """Build the pages, with warnings as errors; return whether there were none."""
    import jupyter_book.sphinx
    from sphinx.util.console import nocolor

    if not sys.stdout.isatty():
        nocolor()
    tell = jupyter_book.sphinx.handle_exception

    def tell_the_unexpected(app: Any, options: Any, error: BaseException, stream: Any) -> None:
        if not trouble(error) and not isinstance(error, KeyboardInterrupt):
            tell(app, options, error, stream)

    jupyter_book.sphinx.handle_exception = tell_the_unexpected
    result = jupyter_book.sphinx.build_sphinx(
        ROOT,
        WORK / "html",
        doctreedir=WORK / "doctrees",
        noconfig=True,
        path_config=ROOT / "_config.yml",
        confoverrides={
            "external_toc_path": str(ROOT / "_toc.yml"),
            "latex_individualpages": False,
            "nitpicky": True,
        },
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )
    if isinstance(result, BaseException):
        if trouble(result) or isinstance(result, KeyboardInterrupt):
            raise result
        print(f"Jupyter Book stopped: {result}")
    return result == 0


def publish() -> None:
    """Put a copy of the pages in the place of the site, which is whole at any time."""
    new, old = SITE.with_name("html.new"), SITE.with_name("html.old")
    remove(new)
    remove(old)
    shutil.copytree(WORK / "html", new)
    if SITE.exists():
        SITE.rename(old)
    new.rename(SITE)
    shutil.rmtree(old, ignore_errors=True)


def wrong_contents() -> list[str]:
    """Say what is wrong with the table of contents, or which notebook it lacks."""
    from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

    try:
        contents = parse_toc_yaml(ROOT / "_toc.yml")
    except (MalformedError, FileNotFoundError, UnicodeDecodeError) as error:
        return [f"_toc.yml: {error}"]
    absent = [
        f"_toc.yml lists {name}, but there is no such file. Has it another name now?"
        for name in contents
        if not any((ROOT / f"{name}{suffix}").exists() for suffix in ("", ".ipynb", ".md", ".rst"))
    ]
    folder = (ROOT / contents.root.docname).parent
    return absent + [
        f"{path.relative_to(ROOT).as_posix()} is not in _toc.yml. "
        "Enter it there, or begin its name with _ for now."
        for path in sorted(folder.glob("[!_.]*.ipynb"))
        if path.relative_to(ROOT).with_suffix("").as_posix() not in contents
    ]


def build() -> bool:
    """Build the book unless nothing has changed; return whether there is a site of it."""
    start = time.monotonic()
    old = SITE.with_name("html.old")
    if old.exists() and not SITE.exists():  # a build was ended while it published
        old.rename(SITE)
    last, present = state.read_json(STAMP), fingerprints() | leftovers()
    if last == present:
        print(f"Nothing has changed since the book was built. It is at {address()}")
        return True
    if wrong := wrong_contents():
        print("\n".join(wrong))
        return False
    print("Building the book. What has changed is executed anew, which may take a minute.")
    discard_stale(last, present)
    if not run_sphinx():
        shutil.rmtree(WORK / "doctrees", ignore_errors=True)  # of pages that are to be seen again
        return False
    publish()
    state.write_json(STAMP, {name: present[name] for name in ("book", "pages")} | leftovers())
    print(f"\nThe book was built in {time.monotonic() - start:.0f} s. Open it at {address()}")
    return True


def address() -> str:
    """Return the address of the landing page."""
    return (SITE / "index.html").as_uri()


def give_up(reason: str, status: int) -> NoReturn:
    """Say that there is no new site, and why; end at once, and with this process its kernels."""
    kept = f"The previous site is still in {SITE}" if SITE.exists() else "There is no site yet"
    print(f"\nThe book was not built: {reason} {kept}.", flush=True)
    os._exit(status)


def main() -> None:
    """Build the book and say where it is, or what stopped it."""
    try:
        from tools import turn

        with turn.take(OUTPUT):
            if not build():
                give_up("the reasons are above.", 1)
    except KeyboardInterrupt:
        give_up("it was interrupted.", 130)
    except (OSError, ModuleNotFoundError) as error:
        give_up(trouble(error) or f"{error}.", 1)
    except Exception as error:
        if not trouble(error):
            raise
        give_up(trouble(error), 1)


if __name__ == "__main__":
    # jsonschema would check addresses with it, of which there are none here; its import takes
    # longer than all the rest of this process's start.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    # Sphinx keeps nearly all that it makes: to look through it again and again finds nothing.
    gc.set_threshold(100_000, 20, 100)
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr = sys.stdout  # one stream, in the order of what happened
    os.dup2(1, 2)
    main()
