"""Releases on disk: immutable, named by their content, switched atomically.

    digest    the Merkle root over a store's graphs: the name of a release
    release   Release: one folder; open, verify
    releases  Releases: all of a dataset; stage, publish, switch, prune, current
    history   which release was made current when, and which led to which
    files     RDF files, as they are, in the place of a release
    pruning   Keep: the rule by which releases are removed

    <store>/<dataset>/
      current                  the digest of the release that is served
      history.jsonl            which release became current when, by a build or by going back
      inputs.json              what went into the last build that succeeded
      lock                     held while releases are published or switched
      releases/<digest>/       manifest.json, report.json, graphs.json, checksums.json, store/
      staging/<random>/        a build at work: lock, release/

Promises: nothing in ``releases/`` is ever half there, nothing in it changes, and ``current``
names a whole release or nothing, at whatever moment a build is killed. docs/releases.md tells
the format. May import records, formats, resources, vocab, findings, errors; pyoxigraph only when a store is
opened.
"""

from __future__ import annotations

from kg.release.pruning import Keep, Pruned
from kg.release.release import Release
from kg.release.releases import CURRENT, PREVIOUS, Releases

__all__ = ["CURRENT", "PREVIOUS", "Keep", "Pruned", "Release", "Releases"]
