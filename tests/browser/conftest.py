"""A real browser (chromium), driven by the W3C WebDriver protocol through chromedriver."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.driver import Browser
from tests.web.conftest import Server, start, stop

from kg.release import Release

REMEDY = "the browser tests need chromium and chromedriver: apt-get install chromium chromium-driver"


@pytest.fixture(scope="session")
def server(release: Release) -> Iterator[Server]:
    """A server with the settings that it has by default."""
    running = start(release)
    yield running
    stop(running.process)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A browser with an empty profile. Its absence is a failure: nobody should take it for a pass."""
    driver = shutil.which("chromedriver")
    if driver is None or not (shutil.which("chromium") or shutil.which("google-chrome")):
        pytest.fail(REMEDY)
    process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = next(line for line in process.stdout if "started successfully on port" in line)
        with Browser.open(int(line.rstrip(".\n").rpartition(" ")[2]), tmp_path / "profile") as opened:
            yield opened
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
