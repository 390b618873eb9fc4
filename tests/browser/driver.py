"""The few commands of W3C WebDriver that the tests need, over plain HTTP."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of a web element's reference (WebDriver, section 12)."""

QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Browser:
    """One session."""

    session: str

    @classmethod
    @contextmanager
    def open(cls, port: int, profile: Path) -> Iterator[Browser]:
        """A session with an empty profile, which logs its console and its network."""
        options = {
            "args": [*QUIET, f"--user-data-dir={profile}"],
            "binary": shutil.which("chromium") or shutil.which("google-chrome"),
        }
        wanted = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        root = f"http://127.0.0.1:{port}/session"
        made = _call("POST", root, {"capabilities": {"alwaysMatch": wanted}})
        browser = cls(f"{root}/{made['sessionId']}")
        try:
            yield browser
        finally:
            _call("DELETE", browser.session)

    def go(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        _call("POST", f"{self.session}/url", {"url": url})

    @property
    def url(self) -> str:
        return str(_call("GET", f"{self.session}/url"))

    def size(self, width: int, height: int) -> None:
        """Resize the window."""
        _call("POST", f"{self.session}/window/rect", {"width": width, "height": height})

    def find(self, css: str) -> str:
        """The first element; fails if there is none."""
        return str(self._find("css selector", css)[0])

    def texts(self, css: str) -> list[str]:
        """The visible words of every element that matches."""
        found = self._find("css selector", css)
        return [str(_call("GET", f"{self.session}/element/{e}/text")) for e in found]

    def follow(self, words: str) -> None:
        """Click the first link of these words."""
        self.click(self._find("link text", words)[0])

    def click(self, element: str) -> None:
        """Click, and wait for the page that follows: the click of a form may return before it."""
        before = self._find("css selector", "html")
        self.choose(element)
        until = time.monotonic() + 20
        while (
            self._find("css selector", "html") == before
            or self.run("return document.readyState") != "complete"
        ):
            assert time.monotonic() < until, "the click led to no new page"
            time.sleep(0.02)

    def choose(self, element: str) -> None:
        """Click something that stays on the page, such as an option."""
        _call("POST", f"{self.session}/element/{element}/click", {})

    def type(self, element: str, text: str) -> None:
        """Replace the content of a field."""
        _call("POST", f"{self.session}/element/{element}/clear", {})
        _call("POST", f"{self.session}/element/{element}/value", {"text": text})

    def run(self, script: str) -> Any:
        """The value of a script (the page's own policy binds the page, not the driver)."""
        return _call("POST", f"{self.session}/execute/sync", {"script": script, "args": []})

    def console(self) -> list[str]:
        """What the console has said since the last call."""
        return [entry["message"] for entry in self._log("browser")]

    def requests(self) -> list[str]:
        """The URLs asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [p["request"]["url"] for p in sent]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        return list(_call("POST", f"{self.session}/se/log", {"type": kind}))

    def _find(self, using: str, value: str) -> list[str]:
        found = _call("POST", f"{self.session}/elements", {"using": using, "value": value})
        return [element[ELEMENT] for element in found]


def _call(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=60) as response:
        return json.load(response)["value"]
