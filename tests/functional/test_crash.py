"""Whatever happens to a build, the current release serves on, and the next build succeeds.

The builds are real processes. Some are killed after a time, some at a chosen file operation: an
audit hook (PEP 578) counts what the child does below the store and sends itself SIGKILL at the
n-th, so that each step of writing and publishing is met. Disks are small tmpfs file systems,
which only root may mount; without that right the limit on file sizes (RLIMIT_FSIZE) and
folder permissions stand in for them.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.build import pipeline
from kg.errors import EnvironmentFault
from kg.records import dataset
from kg.records.dataset import Dataset
from kg.release import Releases

CHILD = """
import os, signal, sys
from pathlib import Path
folder, store, deadly = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
from kg.build import pipeline
from kg.errors import EnvironmentFault
from kg.records import dataset

steps = 0
def count(event, arguments):
    global steps
    if event.partition(".")[0] in ("open", "os", "shutil") and store in str(arguments):
        steps += 1
        if steps == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    pipeline.build(dataset.read(folder), store=Path(store))
except EnvironmentFault as error:
    print(error, error.hint, sep="\\n")
    sys.exit(error.exit_code)
print(steps)
"""

TIMED = [n / 8 for n in range(1, 9)]
AT_STEPS = [n / 16 for n in range(17)]


def records(folder: Path, label: str) -> Dataset:
    """A small dataset; the label makes its digest."""
    folder.mkdir(exist_ok=True)
    (folder / "dataset.toml").write_text(
        'name = "small"\ntitle = "Small"\nbase = "https://example.org/small/"\npublisher = "Nobody"\n'
        'licence = "https://creativecommons.org/licenses/by/4.0/"\n'
    )
    (folder / "places.yaml").write_text(f"- id: place/baku\n  prefLabel: {label}\n  placeType: city\n")
    return dataset.read(folder)


def start(source: Dataset, store: Path, deadly: int = 0, **options: object) -> subprocess.Popen[str]:
    """Another process that builds ``source``; it dies at step ``deadly``."""
    command = [sys.executable, "-c", CHILD, str(source.root), str(store), str(deadly)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload, no-any-return]


def finish(child: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = child.communicate(timeout=120)
    return child.returncode, out + err


def assert_serves_on(store: Path, old: str) -> str:
    """The current release is whole, and so is everything in ``releases``."""
    releases = Releases(store, "small")
    current = releases.current()
    current.verify(deep=True)
    assert old in releases.digests()
    for digest in releases.digests():
        releases.open(digest).verify()
    return current.digest


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a current release."""
    folder = tmp_path_factory.mktemp("served")
    pipeline.build(records(folder / "old", "Old"), store=folder / "store")
    return folder / "store"


@pytest.fixture
def old(served: Path, tmp_path: Path) -> str:
    """The digest of the current release of ``tmp_path/store``, a copy of ``served``."""
    shutil.copytree(served, tmp_path / "store")
    return Releases(tmp_path / "store", "small").current().digest


@pytest.fixture(scope="module")
def duration(served: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[float, int]:
    """How long a second build takes as a process of its own, and how many steps it has."""
    folder = tmp_path_factory.mktemp("measure")
    shutil.copytree(served, folder / "store")
    begun = time.monotonic()
    code, out = finish(start(records(folder / "new", "New"), folder / "store"))
    assert code == 0, out
    return time.monotonic() - begun, int(out)


@pytest.mark.parametrize("moment", TIMED)
def test_a_build_killed_after_a_time_leaves_the_old_release(
    moment: float, duration: tuple[float, int], old: str, tmp_path: Path
) -> None:
    child = start(records(tmp_path / "new", "New"), tmp_path / "store")
    time.sleep(duration[0] * moment)
    child.send_signal(signal.SIGKILL)
    finish(child)
    assert_serves_on(tmp_path / "store", old)
    _assert_next_build_succeeds(tmp_path)


@pytest.mark.parametrize("moment", AT_STEPS)
def test_a_build_killed_at_a_file_operation_leaves_the_old_release(
    moment: float, duration: tuple[float, int], served: Path, old: str, tmp_path: Path
) -> None:
    steps, code, out = duration[1], 0, ""
    for _ in range(3):  # RocksDB's files, and so the steps, are not the same number each time
        child = start(records(tmp_path / "new", "New"), tmp_path / "store", 1 + int(moment * (steps - 1)))
        code, out = finish(child)
        if code:
            break
        steps = int(out)
        shutil.rmtree(tmp_path / "store")
        shutil.copytree(served, tmp_path / "store")
    assert code == -signal.SIGKILL, out
    assert_serves_on(tmp_path / "store", old)
    _assert_next_build_succeeds(tmp_path)


@pytest.mark.parametrize("moment", [0.0, 0.5, 0.95])
def test_a_first_build_that_is_killed_leaves_no_release_or_a_whole_one(
    moment: float, duration: tuple[float, int], tmp_path: Path
) -> None:
    source = records(tmp_path / "new", "New")
    finish(start(source, tmp_path / "store", 1 + int(moment * duration[1])))
    releases = Releases(tmp_path / "store", "small")
    if releases.current_digest():
        releases.current().verify(deep=True)
    _assert_next_build_succeeds(tmp_path)


def _assert_next_build_succeeds(folder: Path) -> None:
    built = pipeline.build(records(folder / "new", "New"), store=folder / "store").release
    built.verify(deep=True)
    assert Releases(folder / "store", "small").current().digest == built.digest
    assert list((folder / "store" / "small" / "staging").iterdir()) == []
    assert not list((folder / "store" / "small").glob(".*"))


@pytest.mark.parametrize("labels", [("Same", "Same", "Same"), ("One", "Two", "Three")])
def test_builds_at_once_all_succeed(labels: tuple[str, ...], tmp_path: Path) -> None:
    children = [
        start(records(tmp_path / str(n), label), tmp_path / "store") for n, label in enumerate(labels)
    ]
    for code, out in map(finish, children):
        assert code == 0, out
    releases = Releases(tmp_path / "store", "small")
    releases.current().verify(deep=True)
    assert len(releases.digests()) == len(set(labels))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not _mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)):
        pytest.skip("mounting a tmpfs takes root; the twins with RLIMIT_FSIZE and chmod run everywhere")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _mount(*arguments: str) -> bool:
    try:
        return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def fill(folder: Path, left: int) -> None:
    """Leave only so many bytes free."""
    free = os.statvfs(folder)
    (folder / "ballast").write_bytes(bytes(free.f_bavail * free.f_frsize - left))


@pytest.mark.parametrize("left", [0, 4_096, 65_536, 131_072, 200_000])
def test_on_a_full_disk_the_old_release_serves_on(disk: Path, tmp_path: Path, left: int) -> None:
    old = pipeline.build(records(tmp_path / "old", "Old"), store=disk / "store").release.digest
    fill(disk, left)
    code, out = finish(start(records(tmp_path / "new", "New"), disk / "store"))
    assert (code, "free some space" in out) == (3, True), out
    assert assert_serves_on(disk / "store", old) == old
    (disk / "ballast").unlink()
    pipeline.build(records(tmp_path / "new", "New"), store=disk / "store").release.verify(deep=True)


def test_on_a_read_only_disk_the_old_release_serves_on(disk: Path, tmp_path: Path) -> None:
    old = pipeline.build(records(tmp_path / "old", "Old"), store=disk / "store").release.digest
    assert _mount("-o", "remount,ro", str(disk))
    with pytest.raises(EnvironmentFault, match="disk") as caught:
        pipeline.build(records(tmp_path / "new", "New"), store=disk / "store")
    assert "read-only" in str(caught.value.hint)
    assert assert_serves_on(disk / "store", old) == old


@pytest.mark.parametrize("limit", [0, 1_000, 20_000, 60_000])
def test_where_files_may_not_grow_the_old_release_serves_on(old: str, tmp_path: Path, limit: int) -> None:
    code, out = finish(
        start(records(tmp_path / "new", "New"), tmp_path / "store", preexec_fn=_limited(limit))
    )
    assert (code, "limit on file sizes" in out) == (3, True), out
    assert assert_serves_on(tmp_path / "store", old) == old


def _limited(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_in_a_folder_without_permission_the_old_release_serves_on(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("permissions do not bind root; the twin with a read-only disk runs for root")
    old = pipeline.build(records(tmp_path / "old", "Old"), store=tmp_path / "store").release.digest
    staging = tmp_path / "store" / "small" / "staging"
    staging.chmod(0o555)
    with pytest.raises(EnvironmentFault, match="staging"):
        pipeline.build(records(tmp_path / "new", "New"), store=tmp_path / "store")
    staging.chmod(0o755)
    assert assert_serves_on(tmp_path / "store", old) == old


def test_a_file_where_the_store_should_be_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="file") as caught:
        pipeline.build(records(tmp_path / "new", "New"), store=tmp_path / "file" / "store")
    assert "--store" in str(caught.value.hint)
