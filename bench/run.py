"""``make bench``: every benchmark of this folder, one after the other, as tables."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Final

_NO_BENCHMARKS: Final = ("run", "synthetic")


def main() -> None:
    """Run each module that measures something as a script."""
    for path in sorted(Path(__file__).resolve().parent.glob("*.py")):
        if path.stem not in _NO_BENCHMARKS:
            print(f"\n## {path.stem}\n", flush=True)
            runpy.run_path(str(path), run_name="__main__")


if __name__ == "__main__":
    main()
