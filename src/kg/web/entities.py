"""/id and /doc: the entities of the dataset, for people and in RDF."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from kg import vocab
from kg.errors import Gone, NotFound
from kg.export import chunks, prose
from kg.formats import JSONLD, NTRIPLES, RDFXML, TURTLE, Format
from kg.web import negotiate
from kg.web.site import Site, site
from kg.web.streaming import stream
from kg.web.view.entity import describe

bp = Blueprint("entities", __name__)

RDF: Final = (TURTLE, JSONLD, NTRIPLES, RDFXML)
ALL: Final = (*RDF, negotiate.HTML)


@bp.get("/id/<path:local>")
def identify(local: str) -> Redirect:
    """303 from a thing to the document about it (Cool URIs for the Semantic Web, 4.2)."""
    here = site()
    _present(here, here.links.entity(local))
    return redirect(url_for("entities.document", local=local), code=303)


@bp.get("/doc/<path:local>")
def document(local: str) -> Response | str:
    """The document about a thing, by suffix or by Accept."""
    here = site()
    iri, fmt = _split(here, local)
    _present(here, iri)
    return answer(iri, fmt or document_format(), local)


def answer(iri: str, fmt: Format, local: str = "") -> Response | str:
    """What is said of an IRI, as a page or in RDF."""
    here = site()
    if fmt is negotiate.HTML:
        return render_template(
            "entity.html", entity=describe(iri, here.lookups), reading=_reading(here, iri), local=local
        )
    return stream(chunks(here.lookups.store, fmt, entity=iri, base=here.links.base), fmt)


def _reading(here: Site, iri: str) -> prose.Reading | None:
    """An article read back as sentences; None of anything else."""
    is_article = vocab.PAC + "Article" in here.lookups.types(iri)
    return prose.read(here.lookups.store, here.links.base, iri) if is_article else None


def document_format() -> Format:
    """HTML for those who clearly prefer it, else an RDF format by Accept."""
    accept = request.headers.get("Accept")
    if negotiate.prefers_html(accept, [t for fmt in RDF for t in fmt.media_types]):
        return negotiate.HTML
    return negotiate.choose(ALL, accept)


def _split(here: Site, local: str) -> tuple[str, Format | None]:
    """The IRI and the format of a suffix. A name that exists as it stands has no suffix."""
    iri = here.links.entity(local)
    stem, dot, extension = local.rpartition(".")
    if dot and not here.lookups.exists(iri):
        for fmt in ALL:
            if extension == fmt.extension:
                return here.links.entity(stem), fmt
    return iri, None


def _present(here: Site, iri: str) -> None:
    """Raises NotFound for an entity that is not there and Gone for one that has been retired."""
    if not here.lookups.exists(iri):
        raise NotFound(f"nothing is known of {iri}", hint="look at /queries, or at the examples on /")
    if successors := here.lookups.replaced_by(iri):
        instead = ", ".join(here.links.path(s) or s for s in successors)
        raise Gone(f"{iri} has been retired", hint=f"replaced by {instead}")
