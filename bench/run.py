"""``make bench``: every benchmark of this folder, one after the other, as tables."""

from __future__ import annotations

import runpy
from pathlib import Path


def main() -> None:
    """Run each module but this one as a script."""
    here = Path(__file__).resolve()
    for path in sorted(here.parent.glob("*.py")):
        if path != here:
            print(f"\n## {path.stem}\n", flush=True)
            runpy.run_path(str(path), run_name="__main__")


if __name__ == "__main__":
    main()
