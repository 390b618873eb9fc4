"""/ns and /scheme: the ontology and its concept schemes, as documentation or RDF."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from kg import resources, vocab
from kg.errors import NotFound
from kg.export import chunks
from kg.formats import JSONLD, Format
from kg.web import negotiate
from kg.web.entities import answer, document_format
from kg.web.site import site
from kg.web.streaming import stream
from kg.web.view import terms

bp = Blueprint("vocabulary", __name__)

KINDS = (
    ("Class", "Classes"),
    ("ObjectProperty", "Object properties"),
    ("DatatypeProperty", "Data properties"),
    ("AnnotationProperty", "Annotation properties"),
)


@bp.get("/ns")
def ontology() -> Response | str:
    """The ontology: each term's row has its local name as fragment, so that ``/ns#Event`` works."""
    fmt = document_format()
    if fmt is not negotiate.HTML:
        return _graph(vocab.ONTOLOGY, fmt)
    lookups = site().lookups
    about = {
        "title": lookups.text(vocab.ONTOLOGY, vocab.DCTERMS + "title"),
        "description": lookups.text(vocab.ONTOLOGY, vocab.DCTERMS + "description"),
        "version": lookups.text(vocab.ONTOLOGY, vocab.OWL + "versionInfo"),
    }
    sections = [(kind, heading, terms.terms(kind, lookups)) for kind, heading in KINDS]
    return render_template("ontology.html", about=about, sections=sections, schemes=terms.schemes(lookups))


@bp.get("/scheme/<name>")
def scheme(name: str) -> Response | str:
    """One concept scheme."""
    iri, lookups = vocab.SCHEME + name, site().lookups
    if not lookups.exists(iri):
        ours = (i for i, _ in terms.schemes(lookups) if i.startswith(vocab.SCHEME))
        known = ", ".join(i.removeprefix(vocab.SCHEME) for i in ours)
        raise NotFound(f"there is no scheme {name!r}", hint=f"there are: {known}")
    fmt = document_format()
    if fmt is not negotiate.HTML:
        return _graph(iri, fmt)
    return render_template(
        "scheme.html",
        iri=iri,
        definition=lookups.text(iri, vocab.DCTERMS + "description", vocab.SKOS + "definition"),
        concepts=terms.concepts(iri, lookups),
    )


@bp.get("/scheme/<name>/<concept>")
def concept(name: str, concept: str) -> Response | str:
    """One concept, with what is classified by it."""
    iri = f"{vocab.SCHEME}{name}/{concept}"
    if not site().lookups.exists(iri):
        raise NotFound(f"there is no concept {concept!r} in the scheme {name!r}", hint=f"see /scheme/{name}")
    return answer(iri, document_format())


@bp.get("/context.jsonld")
def context() -> Response:
    """The JSON-LD context, which processors fetch across origins."""
    return _file("context.jsonld", JSONLD.media_type)


@bp.get("/record.schema.json")
def record_schema() -> Response:
    """The JSON Schema of record files (its media type: JSON Schema core, section 14.1)."""
    return _file("record.schema.json", "application/schema+json")


def _file(name: str, content_type: str) -> Response:
    return Response((resources.ontology() / name).read_bytes(), content_type=content_type)


def _graph(graph: str, fmt: Format) -> Response:
    here = site()
    return stream(chunks(here.lookups.store, fmt, graph=graph, base=here.links.base), fmt)
