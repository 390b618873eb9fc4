"""A replica as docs/operations.md makes it: a release is copied, made current, and served as it is."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from kg.cli import main
from kg.release import Release


@pytest.fixture
def replica(release: Release, tmp_path: Path) -> Path:
    """A store with a copy of the release, under the name of a dataset whose records are not at hand."""
    releases = tmp_path / "store" / "elsewhere" / "releases"
    shutil.copytree(release.path, releases / release.digest)
    return tmp_path / "store"


def rollback(replica: Path, digest: str) -> int:
    return main(["releases", "rollback", digest, "--dataset", "elsewhere", "--store", str(replica)])


def serve(replica: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kg", "serve", "--dataset", "elsewhere", "--store", str(replica)]
    return subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_replica_serves_the_release_that_was_copied_and_builds_nothing(replica: Path, release: Release):
    assert rollback(replica, release.digest) == 0
    with serve(replica) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert line.startswith("kg: serving ")
            address = line.split()[-1] + "/ready"
            with urllib.request.urlopen(address, timeout=60) as answer:
                assert json.load(answer)["release"] == release.digest
        finally:
            process.send_signal(signal.SIGTERM)
    assert [path.name for path in (replica / "elsewhere" / "releases").iterdir()] == [release.digest]


def test_a_replica_whose_copy_is_damaged_is_not_served(replica: Path, release: Release):
    assert rollback(replica, release.digest) == 0
    report = replica / "elsewhere" / "releases" / release.digest / "report.json"
    report.write_bytes(report.read_bytes().replace(b"{", b"[", 1))
    with serve(replica) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "report.json" in said
