"""/sparql: the query side of the SPARQL 1.1 Protocol."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, g, render_template, request

from kg import vocab
from kg.errors import Refused, UnsupportedMedia, UsageError
from kg.formats import BY_FORM, RDF_FORMATS, named
from kg.query.request import parse
from kg.web import negotiate, running, words
from kg.web.description import service_description
from kg.web.site import site

bp = Blueprint("sparql", __name__)

UPDATE: Final = "application/sparql-update"
MENDED: Final = 65_536
"""Characters of a query that the page of its error shows, to be mended there."""
EXAMPLE: Final = "\n".join(
    [
        *(f"PREFIX {p}: <{vocab.PREFIXES[p]}>" for p in ("pac", "rdfs", "skos")),
        "",
        "SELECT ?event ?date WHERE {",
        "  ?event a pac:Event ; pac:earliest ?date .",
        "} ORDER BY ?date LIMIT 20",
    ]
)


@bp.route("/sparql", methods=["GET", "POST"])
def sparql() -> Response | str:
    """Answer a query; without one, describe the service or show the form."""
    pairs = _parameters()
    if words.values(pairs, "update"):
        raise Refused("this endpoint is read-only: updates are not carried out")
    query = _only(pairs, "query")
    _only(pairs, "version")  # the engine reads what it knows of 1.2 either way
    if query is not None:
        return _run(query, pairs)
    if request.method == "POST":
        raise UsageError("the request has no query", hint="send it as the form field query=")
    return _describe(words.first(pairs, "format"))


def _only(pairs: list[tuple[str, str]], name: str) -> str | None:
    """A parameter that may stand once (SPARQL 1.2 Protocol, 2.2): other ones are taken as they come."""
    found = words.values(pairs, name)
    if len(found) > 1:
        raise UsageError(f"{name} is given {len(found)} times", hint=f"one {name} for each request")
    return found[0] if found else None


def _parameters() -> list[tuple[str, str]]:
    """The parameters by whichever way of the protocol they came (section 2.1)."""
    pairs = words.in_url()
    if request.method != "POST":
        return pairs
    if request.mimetype == UPDATE:
        raise Refused("this endpoint is read-only: updates are not carried out")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "us-ascii"):
        raise UnsupportedMedia("a query is read in UTF-8 alone", hint="leave the charset out, and send UTF-8")
    if request.mimetype == words.QUERY:
        try:
            return [*pairs, ("query", request.get_data().decode())]
        except UnicodeDecodeError as error:
            raise UsageError("the query is not UTF-8") from error
    if request.mimetype == words.FORM:
        return pairs + words.in_form()
    raise UnsupportedMedia(
        f"a query in a body of type {request.mimetype or 'unknown'} is not read here",
        hint=f"send {words.QUERY} or {words.FORM}",
    )


def _run(text: str, pairs: list[tuple[str, str]]) -> Response | str:
    if len(text) <= MENDED:
        g.asked = text
    settings = site().settings
    timeout = words.seconds(words.first(pairs, "timeout"), settings.timeout)
    query = parse(
        text,
        default_graphs=tuple(words.values(pairs, "default-graph-uri")),
        named_graphs=tuple(words.values(pairs, "named-graph-uri")),
        service_allow=settings.service_allow,
        base=request.root_url + "sparql",
    )
    fmt = running.answer_format(query.form, words.first(pairs, "format"))
    if fmt is not negotiate.HTML:
        request.environ["kg.asked"] = running.Asked(query, fmt, timeout)
        return running.respond(query, fmt, timeout)
    shown = running.show(query, timeout)
    return render_template("sparql.html", text=text, shown=shown, formats=BY_FORM[query.form])


def _describe(asked: str | None) -> Response | str:
    accept = request.headers.get("Accept")
    others = [t for fmt in RDF_FORMATS for t in fmt.media_types]
    if asked == "html" or (not asked and negotiate.prefers_html(accept, others)):
        return render_template("sparql.html", text=EXAMPLE, shown=None, formats=())
    fmt = named(asked, RDF_FORMATS) if asked else negotiate.choose(RDF_FORMATS, accept)
    return Response(
        service_description(fmt, site(), request.base_url.rstrip("/")), content_type=fmt.content_type
    )
