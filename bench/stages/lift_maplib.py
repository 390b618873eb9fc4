"""Events from a file of JSON lines to RDF with maplib: polars makes tables, templates make triples.

The same triples as kg makes of them, but for the languages of texts, for data that are known to be valid and
to have one value in a field. Nothing is checked.
"""

from __future__ import annotations

import json
import sys
import time

import maplib
import polars as pl

ID = "https://example.org/id/"
SCHEME = "https://w3id.org/pac/scheme/"
TEMPLATES = """
@prefix ottr: <http://ns.ottr.xyz/0.4/> .
@prefix pac: <https://w3id.org/pac/ns#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix t: <https://example.org/template/> .

t:Event [
  ottr:IRI ?id, ottr:IRI ?class, xsd:string ?label, ottr:IRI ?type, ? ottr:IRI ?status, ? xsd:date ?start,
  ? xsd:date ?end, ? ottr:IRI ?basis, ? ottr:IRI ?place, ? ottr:IRI ?topic, ? ottr:IRI ?whole,
  ottr:IRI ?passage, ? xsd:string ?gist, ? xsd:string ?note
] :: {
  ottr:Triple(?id, rdf:type, ?class), ottr:Triple(?id, skos:prefLabel, ?label),
  ottr:Triple(?id, rdfs:label, ?label), ottr:Triple(?id, pac:eventType, ?type),
  ottr:Triple(?id, pac:eventStatus, ?status), ottr:Triple(?id, pac:startDate, ?start),
  ottr:Triple(?id, pac:endDate, ?end), ottr:Triple(?id, pac:earliest, ?start),
  ottr:Triple(?id, pac:latest, ?end), ottr:Triple(?id, pac:dateBasis, ?basis),
  ottr:Triple(?id, pac:atPlace, ?place), ottr:Triple(?id, pac:topic, ?topic),
  ottr:Triple(?id, pac:subEventOf, ?whole), ottr:Triple(?id, pac:evidence, ?passage),
  ottr:Triple(?id, pac:gist, ?gist), ottr:Triple(?id, skos:note, ?note)
} .

t:Participation [
  ottr:IRI ?id, ottr:IRI ?event, ottr:IRI ?participant, ottr:IRI ?role, ? ottr:IRI ?capacity
] :: {
  ottr:Triple(?id, rdf:type, pac:Participation), ottr:Triple(?id, pac:participationIn, ?event),
  ottr:Triple(?id, pac:participant, ?participant), ottr:Triple(?id, pac:role, ?role),
  ottr:Triple(?id, pac:inCapacity, ?capacity)
} .
"""


def below(base: str, column: str) -> pl.Expr:
    """The column's values as IRIs."""
    return base + pl.col(column)


def slug(column: str) -> pl.Expr:
    """What follows the kind in an id."""
    return pl.col(column).str.split("/").list.last()


def events(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """What the template of events takes; columns that the table has not are empty."""
    for column in ("eventStatus", "startDate", "endDate", "dateBasis", "atPlace", "topic", "subEventOf"):
        if column not in table.columns:
            table = table.with_columns(pl.lit(None, dtype=pl.String).alias(column))
    for column in ("gist", "note"):
        text = pl.col(column).struct.field("en") if column in table.columns else pl.lit(None, dtype=pl.String)
        table = table.with_columns(text.alias(column))
    return table.select(
        id=below(ID, "id"),
        **{"class": pl.lit(f"https://w3id.org/pac/ns#{name}")},
        label=pl.col("prefLabel").struct.field("en"),
        type=below(f"{SCHEME}event-type/", "eventType"),
        status=below(f"{SCHEME}event-status/", "eventStatus"),
        start=pl.col("startDate").str.to_date(),
        end=pl.col("endDate").str.to_date(),
        basis=below(f"{SCHEME}date-basis/", "dateBasis"),
        place=below(ID, "atPlace"),
        topic=below(ID, "topic"),
        whole=below(ID, "subEventOf"),
        passage=below(f"{ID}passage/", "evidence"),
        gist=pl.col("gist"),
        note=pl.col("note"),
    )


def participations(table: pl.DataFrame) -> pl.DataFrame:
    """What the template of participations takes."""
    parts = table.select("id", "participation").explode("participation").unnest("participation")
    return parts.select(
        id=f"{ID}participation/" + slug("id") + "." + slug("participant"),
        event=below(ID, "id"),
        participant=below(ID, "participant"),
        role=below(f"{SCHEME}role/", "role"),
        capacity=below(ID, "inCapacity"),
    )


def main(path: str) -> None:
    started = time.perf_counter()
    top = pl.read_ndjson(path, infer_schema_length=None)
    said = (
        top.select(pl.col("id").alias("subEventOf"), "statement").explode("statement").drop_nulls("statement")
    )
    said = said.unnest("statement").with_columns(id="statement/" + slug("subEventOf") + "." + pl.col("key"))
    model = maplib.Model()
    model.add_template(TEMPLATES)
    for name, table in (("Event", top), ("Statement", said)):
        model.map("https://example.org/template/Event", events(table, name))
        model.map("https://example.org/template/Participation", participations(table))
    seconds = time.perf_counter() - started
    triples = len(model.writes("ntriples").splitlines())
    print(json.dumps({"seconds": seconds, "triples": triples}))


if __name__ == "__main__":
    main(sys.argv[1])
