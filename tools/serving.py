"""Serve a folder on a free port of this machine, for as long as a browser looks at it."""

import functools
import http.server
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that keeps no log, and knows more pages than lie in its folder."""

    def __init__(self, *args: object, pages: Mapping[str, str], **options: object) -> None:
        self.pages = pages
        super().__init__(*args, **options)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer with one of the pages, or a file."""
        if self.path not in self.pages:
            return super().do_GET()
        page = self.pages[self.path].encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


@contextmanager
def serve(folder: Path, pages: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve a folder, and pages by their paths; yield the address, without a final slash."""
    handler = functools.partial(Quiet, directory=str(folder), pages=pages or {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
