"""Processes and their descendants, as Linux tells of them in /proc."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_TICK: Final = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM, _RESIDENT = 1, 11, 12, 21
"""Fields of /proc/<pid>/stat after the name (proc(5): the state is the first of them here)."""


def _stats() -> dict[int, list[str]]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            found[int(folder.name)] = text.rpartition(")")[2].split()
    return found


def _tree(root: int) -> list[list[str]]:
    stats = _stats()
    members = {root} & stats.keys()
    while more := {pid for pid, stat in stats.items() if int(stat[_PARENT]) in members} - members:
        members |= more
    return [stats[pid] for pid in members]


def memory(root: int) -> float:
    """Resident memory of a process and its descendants in MiB; what they share is counted in each."""
    return sum(int(stat[_RESIDENT]) for stat in _tree(root)) * _PAGE / 1024**2


def busy(root: int) -> float:
    """Seconds of processor time that a process and its living descendants have used."""
    return sum(int(stat[_USER]) + int(stat[_SYSTEM]) for stat in _tree(root)) / _TICK
