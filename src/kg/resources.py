"""Where the package's own files are: ontology, shapes, queries, the bundled dataset.

In a wheel they lie under ``kg/resources_data/`` (hatchling's force-include); in an editable
install or a checkout they lie at the top of the repository, because force-include does not
reach editable installs. This one locator knows both.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from kg.errors import EnvironmentFault

BUNDLED_DATASET: Final = "icesco-azerbaijan-2021"


def package() -> Path:
    """The folder of the kg package itself."""
    return Path(__file__).resolve().parent


@cache
def root() -> Path:
    """The folder that holds ontology/, shapes/, queries/ and data/.

    Raises EnvironmentFault if the installation has lost its files.
    """
    here = package()
    for candidate in (here / "resources_data", here.parent.parent):
        if (candidate / "ontology").is_dir() and (candidate / "shapes").is_dir():
            return candidate
    raise EnvironmentFault(
        f"kg's own files (ontology, shapes, queries) are missing near {here}",
        hint="install the package again: pip install --force-reinstall .",
    )


def ontology() -> Path:
    """Folder of pac.ttl, schemes/, alignments.ttl, context.jsonld and record.schema.json."""
    return root() / "ontology"


def layout() -> Path:
    """layout.toml: how records are laid out, which ids they get and what nests in what."""
    return package() / "records" / "layout.toml"


def fields() -> Path:
    """fields.toml: the order of fields in a record, and what of it stands on one line."""
    return package() / "records" / "fields.toml"


def shapes() -> Path:
    """Folder of the SHACL shapes, one Turtle file for each class."""
    return root() / "shapes"


def queries() -> Path:
    """Folder of canned/ and checks/."""
    return root() / "queries"


def data() -> Path:
    """Folder of the bundled datasets."""
    return root() / "data"
