"""Write, or check, the files that are made from ontology and shapes.

``python -m kg.records.generate`` writes them; ``--check`` exits 1 and names each that is not current.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from kg import resources
from kg.records import context, model, schema


def generated() -> Iterator[tuple[Path, str]]:
    """(path, content) of each generated file."""
    read = model.load()
    folder = resources.ontology()
    for name, body in (
        ("context.jsonld", context.published(read)),
        ("record.schema.json", schema.schema(read)),
    ):
        yield folder / name, json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str]) -> int:
    """0 if all is written or current, 1 if a file is out of date."""
    late = 0
    for path, content in generated():
        if "--check" not in arguments:
            path.write_text(content, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != content:
            print(f"{path} is not current: run python -m kg.records.generate", file=sys.stderr)
            late = 1
    return late


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
