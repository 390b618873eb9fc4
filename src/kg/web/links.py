"""IRIs as paths of this server: the graph can be walked wherever it is served."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from kg import vocab


@dataclass(frozen=True, slots=True)
class Links:
    """Where the things of one dataset are found here. ``base`` is the dataset's base IRI."""

    base: str

    def path(self, iri: str) -> str | None:
        """The local path of an IRI, or None where it is not ours.

        ``<base>id/x/y`` -> ``/doc/x/y``; ``pac:x`` -> ``/ns#x``; a scheme or concept -> ``/scheme/…``;
        a graph of the dataset -> ``/graphs?graph=…``; the dataset -> ``/dataset``.
        """
        if iri.startswith(self.base + "id/"):
            return "/doc/" + quote(iri[len(self.base) + 3 :])
        if iri.startswith(self.base + "graph/"):
            return "/graphs?graph=" + quote(iri, safe=":/")
        if iri == self.base + "dataset":
            return "/dataset"
        if iri.startswith(vocab.PAC):
            return "/ns#" + quote(iri[len(vocab.PAC) :])
        if iri == vocab.ONTOLOGY:
            return "/ns"
        if iri.startswith(vocab.SCHEME):
            return "/scheme/" + quote(iri[len(vocab.SCHEME) :])
        return None

    def href(self, iri: str) -> str | None:
        """The local path, else the IRI itself where a browser may follow it, else None."""
        local = self.path(iri)
        if local is not None:
            return local
        return iri if iri.startswith(("https://", "http://")) else None

    def entity(self, local_id: str) -> str:
        """``person/x`` -> its IRI."""
        return f"{self.base}id/{local_id}"
