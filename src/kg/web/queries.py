"""/queries: the canned queries, listed and run with typed parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, json, render_template, request

from kg.errors import NotFound, ParameterError
from kg.formats import BY_FORM, RDF_FORMATS, RESULT_FORMATS, Format
from kg.query import entities
from kg.query.request import parse
from kg.web import negotiate, running, words
from kg.web.lookups import spaced
from kg.web.site import site
from kg.web.view.form import fields

if TYPE_CHECKING:
    from kg.query.catalog import CannedQuery, Parameter

bp = Blueprint("queries", __name__)

OWN = frozenset({"format", "timeout"})
"""Parameters of the page itself; no canned query has parameters of these names."""


@bp.get("/queries")
def index() -> Response | str:
    """The list, as a page or as JSON: with the parameters of each query, so that a program can ask it."""
    offers = (negotiate.DOCUMENT, negotiate.HTML)
    if negotiate.choose(offers, request.headers.get("Accept")) is negotiate.HTML:
        return render_template("queries.html", groups=by_audience())
    listed = [
        {
            **{"name": q.name, "title": q.title, "question": q.question, "audience": q.audience},
            "parameters": [_described(parameter) for parameter in q.parameters],
        }
        for q in site().catalog
    ]
    return Response(
        json.dumps({"queries": listed}, ensure_ascii=False) + "\n", content_type="application/json"
    )


def _described(parameter: Parameter) -> dict[str, Any]:
    """A parameter for a program; ``default`` is null where it is left open, examples are of these data."""
    return {
        "name": parameter.name,
        "type": parameter.kind,
        "class": parameter.cls,
        "label": parameter.label,
        "default": parameter.default,
        "required": parameter.required,
        "examples": entities.examples(parameter, site().lookups.store, site().links.base),
    }


def by_audience() -> dict[str, list[CannedQuery]]:
    """The canned queries by the kind of user whom each serves: ``For planning officers``."""
    groups: dict[str, list[CannedQuery]] = {}
    for query in site().catalog:
        groups.setdefault(f"For {spaced(query.audience)}s", []).append(query)
    return groups


@bp.get("/queries/<name>")
def run(name: str) -> Response | str:
    """Run one, in the format of its suffix, of ``format=`` or of Accept."""
    name, suffix = _suffix(name)
    canned = site().catalog.get(name)
    pairs = words.in_url()
    given = _given(canned, pairs)
    entities.check(canned, given, site().lookups.store, site().links.base)
    query = parse(canned.bind(given, site().links.base), service_allow=site().settings.service_allow)
    fmt = suffix or running.answer_format(query.form, words.once(pairs, "format"))
    timeout = words.seconds(words.once(pairs, "timeout"), site().settings.timeout)
    if fmt is not negotiate.HTML:
        return running.respond(query, fmt, timeout)
    return _page(canned, given, query.form, running.show(query, timeout))


def _suffix(name: str) -> tuple[str, Format | None]:
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return name, None
    for fmt in (*RESULT_FORMATS, *RDF_FORMATS, negotiate.HTML):
        if extension == fmt.extension:
            return stem, fmt
    raise NotFound(f"canned queries are not written as .{extension}", hint="try .csv, .json, .xml or .tsv")


def _given(canned: CannedQuery, pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The query's own parameters. Raises ParameterError for an unknown or repeated one.

    An empty one is left out, because a form sends every field.
    """
    known = {p.name for p in canned.parameters}
    for name, _ in pairs:
        if name not in known | OWN:
            offered = ", ".join(sorted(known)) or "none"
            raise ParameterError(name, f"{canned.name} has no parameter {name!r}", hint=f"it has: {offered}")
    given = {name: words.once(pairs, name) for name in known}
    return {name: value for name, value in given.items() if value}


def _page(canned: CannedQuery, given: dict[str, str], form: str, shown: running.Shown) -> str:
    context: dict[str, Any] = {"canned": canned, "given": given, "shown": shown}
    return render_template("query.html", **context, fields=fields(canned, given), formats=BY_FORM[form])
