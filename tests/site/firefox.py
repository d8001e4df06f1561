"""Firefox without a window, driven by WebDriver BiDi: as much of it as the tests ask for."""

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websocket import create_connection

PATIENCE = 120  # seconds for an answer, on a busy machine
# No page but ours, no questions, no news; a font that comes late is still drawn in time.
PREFERENCES = {
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.disabledForTesting": True,
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,  # no other host can be reached
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1",
    "dom.w3c_touch_events.enabled": 1,
}


class Firefox:
    """One tab of a running Firefox."""

    def __init__(self, address: str) -> None:
        self.socket = create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self.numbers, self.logged = count(1), list[str]()
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.tab = self.call("browsingContext.create", type="tab")["context"]

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command; return its result."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.logged.append(answer["params"]["text"])
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def look(self, width: int, height: int) -> None:
        """Set the size of the page's part of the window."""
        viewport = {"width": width, "height": height}
        self.call("browsingContext.setViewport", context=self.tab, viewport=viewport)

    def open(self, address: str) -> None:
        """Open a page and wait until it has loaded."""
        self.call("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def run(self, function: str, *arguments: Any) -> Any:
        """Call a function in the page, perhaps an async one; return what JSON can hold of it."""
        code = f"async () => JSON.stringify(await ({function})(...{json.dumps(arguments)}))"
        found = self.call(
            "script.callFunction",
            functionDeclaration=code,
            awaitPromise=True,
            target={"context": self.tab},
        )
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        value = found["result"].get("value")
        return None if value is None else json.loads(value)

    def drag(self, path: list[tuple[float, float]], pointer: str) -> None:
        """Press at the path's beginning, move along it and let go."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in path]
        press, release = ({"type": f"pointer{way}", "button": 0} for way in ("Down", "Up"))
        hand = {
            "type": "pointer",
            "id": pointer,
            "parameters": {"pointerType": pointer},
            "actions": [moves[0], press, *moves[1:], release],
        }
        self.call("input.performActions", context=self.tab, actions=[hand])

    def press(self, key: str) -> None:
        """Press a key on what has the focus."""
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        board = {"type": "key", "id": "keys", "actions": keys}
        self.call("input.performActions", context=self.tab, actions=[board])


@contextmanager
def firefox(program: str) -> Iterator[Firefox]:
    """Start Firefox with a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items())
        (Path(profile) / "user.js").write_text("\n".join(lines), encoding="utf-8")
        options = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile]
        log = Path(profile) / "said.txt"
        with log.open("w") as said:  # not a pipe, which its child processes would keep open
            process = subprocess.Popen([program, *options], stdout=said, stderr=said)
        try:
            driven = Firefox(f"{address_of(process, log)}/session")
            yield driven
            driven.socket.close()
        finally:
            process.terminate()
            process.wait(timeout=30)


def address_of(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Wait until Firefox has said where it listens; return the address."""
    listening = re.compile(r"WebDriver BiDi listening on (ws://\S+)\s")
    while not (found := listening.search(log.read_text(errors="replace"))):
        assert process.poll() is None, f"Firefox ended: {log.read_text(errors='replace')}"
        time.sleep(0.1)
    return found[1]
