"""The Dockerfile, as far as it can be told without a registry; and kg on a disk that it cannot write."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest
from tests.conftest import ROOT
from tests.web.conftest import LAUNCHER, Server, start, stop

from kg.release import Release
from kg.settings import TABLE

pytestmark = pytest.mark.alone

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")


def instructions(name: str) -> list[str]:
    """The arguments of each instruction of this name."""
    return re.findall(rf"^ *{name} +(.+)$", DOCKERFILE, re.MULTILINE)


@pytest.fixture(scope="module")
def server(release: Release) -> Iterator[Server]:
    running = start(release)
    yield running
    stop(running.process)


def test_what_the_wheel_is_made_of_is_let_into_the_build_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    assert all((ROOT / name).exists() for name in let_in)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["force-include"], *(path.partition("/")[0] for path in wheel["packages"])}
    needed |= {project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml"}
    copied = {source for line in instructions("COPY") for source in line.split()[:-1] if "--from" not in line}
    assert let_in == needed | copied - {"."}


def test_its_variables_are_settings():
    names = re.findall(r"\b(KG_\w+)=", " ".join(instructions("ENV")))
    assert names
    assert set(names) <= {setting.variable for setting in TABLE}


def test_it_runs_as_a_user_without_rights_that_sigterm_stops():
    assert instructions("USER") == ["10001"]
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(instructions("CMD")[-1]) == ["kg", "serve"]


def test_its_health_check_tells_a_server_that_answers_from_one_that_does_not(server: Server):
    command = json.loads(instructions("HEALTHCHECK.*?CMD")[0])
    assert command[0] == "python"
    for port, healthy in ((server.port, True), (1, False)):
        script = command[2].replace("8000", str(port))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)
        assert (done.returncode == 0) is healthy


def test_kg_serves_on_a_disk_that_it_cannot_write_as_a_user_without_rights(release: Release):
    confined = [
        "bwrap",
        "--ro-bind",
        "/",
        "/",
        "--tmpfs",
        "/var/tmp",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--unshare-pid",
    ]
    confined += [
        "--unshare-user",
        "--uid",
        "10001",
        "--gid",
        "10001",
        "--cap-drop",
        "ALL",
        "--die-with-parent",
    ]
    if not shutil.which("bwrap") or subprocess.run([*confined, "true"], check=False).returncode:
        pytest.skip("bubblewrap is not there, or may make no namespaces here")
    command = [*confined, sys.executable, str(LAUNCHER), str(release.path), "{}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        server = Server(process, line, int(line.rpartition(":")[2]), release.base)
        assert server.query("ASK { ?s ?p ?o }").json["boolean"] is True
        assert server.ask("/export/dataset.ttl").body.endswith(b".\n")
        assert server.ask("/", accept="text/html").status == 200
    finally:
        stop(process)
