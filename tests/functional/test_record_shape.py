"""Compact JSON-LD of an entity has the shape of the record that a curator wrote."""

from __future__ import annotations

import io
import json
from typing import Any

from kg import export, formats
from kg.records.dataset import Dataset
from kg.records.load import load
from kg.release import Release


def plain(value: Any) -> Any:
    """The same value, whatever the order of lists and whether a single value stands in a list."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in sorted(value.items()) if key != "@context"}
    if isinstance(value, list):
        made = sorted((plain(each) for each in value), key=lambda v: json.dumps(v, sort_keys=True))
        return made[0] if len(made) == 1 else made
    return value


def test_every_record_comes_back_as_it_was_written(bundled: Dataset, release: Release):
    store = release.open_store()
    records = load(bundled).records
    assert len(records) > 50
    for record in records:
        out = io.BytesIO()
        export.export(store, formats.JSONLD, out, base=release.base, entity=record.id)
        assert plain(json.loads(out.getvalue())) == plain(dict(record.node)), record.id
