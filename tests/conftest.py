"""Fixtures that every test may use: the bundled dataset, its source texts, a release of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kg.records import dataset
from kg.records.dataset import Dataset
from kg.release import Release

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def bundled() -> Dataset:
    """The bundled dataset."""
    return dataset.find()


@pytest.fixture(scope="session")
def sources() -> Path:
    """The folder of the source texts, which are not part of the repository."""
    folder = Path(os.environ.get("KG_SOURCES") or ROOT.parent / "shared" / "sources")
    if not folder.is_dir():
        pytest.skip(f"the source texts are not at hand in {folder} (KG_SOURCES names another folder)")
    return folder


@pytest.fixture(scope="session")
def release(bundled: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the bundled dataset, built once, without the source texts."""
    from kg.build import pipeline

    return pipeline.build(bundled, store=tmp_path_factory.mktemp("store")).release


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder of the clients that are packages of npm, which are installed there."""
    folder = ROOT / "tests" / "clients"
    stamp = folder / "node_modules" / ".package-lock.json"
    if stamp.is_file() and stamp.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime:
        return folder
    done: subprocess.CompletedProcess[str] | None = None
    if shutil.which("npm"):
        done = subprocess.run(
            ["npm", "ci", "--prefer-offline"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode == 0:
            stamp.touch()
            return folder
    why = f"npm ci in {folder} failed: {done.stderr[-500:]}" if done else "these clients need Node.js and npm"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
