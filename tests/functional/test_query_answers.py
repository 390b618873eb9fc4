"""What single canned queries let in and leave out, on a few records made for the purpose.

Here each rule that the datasets of kg have no case for has its own, and beside it the case that the
rule must not catch.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pyoxigraph as ox

from kg import resources
from kg.query import local
from kg.query.catalog import read
from kg.query.request import parse

BASE = "https://example.org/"
PREFIXES = """
    PREFIX : <https://example.org/id/>
    PREFIX foaf: <http://xmlns.com/foaf/0.1/>
    PREFIX judgement: <https://w3id.org/pac/scheme/judgement/>
    PREFIX dcterms: <http://purl.org/dc/terms/>
    PREFIX org: <http://www.w3.org/ns/org#>
    PREFIX oa: <http://www.w3.org/ns/oa#>
    PREFIX pac: <https://w3id.org/pac/ns#>
    PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
    PREFIX role: <https://w3id.org/pac/scheme/role/>
    PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
    PREFIX status: <https://w3id.org/pac/scheme/status/>
    PREFIX strength: <https://w3id.org/pac/scheme/strength/>
    PREFIX type: <https://w3id.org/pac/scheme/event-type/>
    PREFIX basis: <https://w3id.org/pac/scheme/date-basis/>
    PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
WORLD = """
    :ann a foaf:Person ; rdfs:label "Ann"@en .
    :bob a foaf:Person ; rdfs:label "Bob"@en .
    :club rdfs:label "Club"@en .
    <https://example.org/id/article/a> a pac:Article ; dcterms:title "A" .
    <https://example.org/id/article/b> a pac:Article ; dcterms:title "B" .
    :p1 pac:inArticle <https://example.org/id/article/a> ; oa:start 1 ; oa:end 5 .
    :p2 pac:inArticle <https://example.org/id/article/a> ; oa:start 6 ; oa:end 9 .
    :p3 pac:inArticle <https://example.org/id/article/b> ; oa:start 20 ; oa:end 25 .
    :talks a pac:Event ; rdfs:label "Talks"@en ; pac:evidence :p1 ;
        pac:startDate "2021-01-10"^^xsd:date ; pac:endDate "2021-01-10"^^xsd:date ;
        pac:earliest "2021-01-10"^^xsd:date ; pac:latest "2021-01-10"^^xsd:date .
    :said a pac:Event, pac:Statement ; rdfs:label "Said"@en ; pac:subEventOf :talks ; pac:evidence :p1, :p2 ;
        pac:eventType type:suggestion ; pac:gist "Suggests it."@en ;
        pac:earliest "2021-01-10"^^xsd:date ; pac:latest "2021-01-10"^^xsd:date .
    :part1 pac:participationIn :said ; pac:participant :ann ; pac:role role:speaker .
    :part2 pac:participationIn :said ; pac:participant :bob ; pac:role role:addressee .
    :idea a pac:Commitment ; rdfs:label "Idea"@en ; pac:undertaking "Do it."@en ;
        pac:strength strength:proposal ; pac:debtor :bob ; pac:creditor :ann, :club ;
        pac:expressedBy :said ; pac:evidence :p1, :p2 .
"""


def ask(name: str, more: str = "", **values: str) -> list[dict[str, Any]]:
    """The rows of a canned query on the schemes, the world above and some more Turtle."""
    store = ox.Store()
    for path in sorted((resources.ontology() / "schemes").glob("*.ttl")):
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    store.load(f"{PREFIXES} {WORLD} {more}".encode(), format=ox.RdfFormat.TURTLE)
    query = read(resources.queries() / "canned" / f"{name}.rq")
    return local.rows(store, parse(query.bind(values, BASE)))


def awaiting(more: str = "") -> list[str]:
    return [row["undertaking"] for row in ask("proposals-awaiting-an-answer", more)]


def test_a_proposal_awaits_an_answer() -> None:
    (row,) = ask("proposals-awaiting-an-answer")
    assert (row["debtorLabel"], row["creditorLabel"], row["proposedByLabel"]) == ("Bob", "Ann; Club", "Ann")
    assert (row["atLabel"], str(row["date"]), row["passages"]) == ("Talks", "2021-01-10", "a 1–5; a 6–9")


def test_an_agreement_that_restates_a_proposal_answers_it_and_a_proposal_does_not() -> None:
    later = ":later pac:restates :idea ; pac:strength strength:{} ."
    assert awaiting(later.format("agreement")) == []
    assert awaiting(later.format("firm-undertaking")) == []
    assert awaiting(later.format("proposal")) == ["Do it."]


def test_an_assessment_that_ends_a_proposal_closes_it_and_one_that_knows_nothing_does_not() -> None:
    assessment = ":judged pac:assessmentOf :idea ; pac:status status:{} ."
    assert awaiting(assessment.format("cancelled")) == []
    assert awaiting(assessment.format("unknown")) == ["Do it."]


def test_a_proposal_carried_out_awaits_nothing() -> None:
    assert awaiting(":idea pac:fulfilledBy :talks .") == []


def test_reactions_name_who_reacted_and_the_utterance_itself_is_none() -> None:
    more = """
        :said pac:about :idea .
        :reply a pac:Event, pac:Statement ; rdfs:label "Reply"@en ; pac:about :idea ; pac:evidence :p3 ;
            pac:eventType type:acceptance, type:praise .
        :part3 pac:participationIn :reply ; pac:participant :bob ; pac:role role:speaker .
    """
    (row,) = ask("proposals-awaiting-an-answer", more)
    assert row["reactions"] == "Bob: Reply (acceptance, praise)"
    assert row["passages"] == "a 1–5; a 6–9; b 20–25"
    (row,) = ask("proposals-awaiting-an-answer", ":said pac:about :idea .")
    assert row["reactions"] is None


def test_counts_do_not_multiply_with_passages_creditors_or_kinds() -> None:
    more = """
        :said pac:eventType type:praise, type:thanks .
        :task pac:expressedBy :said ; pac:strength strength:mandate ; pac:evidence :p1 .
    """
    (row,) = ask("praise-and-promises", more)
    assert (row["courtesies"], row["praise"], row["thanks"], row["welcomes"]) == (1, 1, 1, 0)
    assert (row["binding"], row["softer"], row["mandates"], row["policies"]) == (0, 1, 1, 0)


def test_an_event_counts_once_under_a_code_and_a_planned_one_apart() -> None:
    more = """
        :talks pac:eventType type:meeting, type:conference .
        :next a pac:Event ; rdfs:label "Next"@en ; pac:evidence :p3 ; pac:eventType type:meeting ;
            pac:eventStatus <https://w3id.org/pac/scheme/event-status/scheduled> .
    """
    rows = {row["notation"]: row for row in ask("events-by-code", more) if row["book"] == "CAMEO"}
    assert (rows["040"]["events"], rows["040"]["closely"], rows["040"]["planned"]) == (1, 1, 1)
    assert rows["040"]["which"] == "Talks; Next (scheduled)"
    assert (rows["020"]["events"], rows["020"]["closely"]) == (1, 0)
    assert None not in rows


def held(day: str, more: str) -> list[str]:
    tenure = ':t pac:holder :ann ; pac:post :chair ; pac:evidence :p1 . :chair rdfs:label "Chair"@en . :t '
    return [row["onThatDay"] for row in ask("posts-held", tenure + more, date=day)]


def test_a_post_is_known_on_and_between_the_days_that_attest_it() -> None:
    days = 'pac:attestedOn "2021-01-11"^^xsd:date, "2021-01-15"^^xsd:date .'
    assert held("2021-01-11", days) == held("2021-01-13", days) == ["known"]
    assert held("2021-01-16", days) == held("2020-01-13", days) == ["attested on other days only"]


def test_a_tenure_not_begun_or_over_is_left_out() -> None:
    years = 'pac:startDate "2020"^^xsd:gYear ; pac:endDate "2021-03"^^xsd:gYearMonth .'
    assert held("2019-12-31", years) == held("2021-04-01", years) == []
    assert held("2021-01-01", years) == ["known"]
    assert held("2020-05-05", years) == held("2021-03-05", years) == ["perhaps"]


def test_a_month_attests_a_post_perhaps_for_its_days_only() -> None:
    month = 'pac:attestedOn "2021-01"^^xsd:gYearMonth .'
    assert held("2021-01-13", month) == ["perhaps"]
    assert held("2021-02-13", month) == ["attested on other days only"]


def certainty(basis: str, day: str = "2021-01-13") -> list[str]:
    more = f"""
        :visit a pac:Event ; rdfs:label "Visit"@en ; pac:evidence :p3 ; pac:dateBasis basis:{basis} ;
            pac:startDate "2021-01-11"^^xsd:date ; pac:endDate "2021-01-15"^^xsd:date ;
            pac:earliest "2021-01-11"^^xsd:date ; pac:latest "2021-01-15"^^xsd:date .
        :part3 pac:participationIn :visit ; pac:participant :bob ; pac:role role:visitor, role:guest .
    """
    return [row["onThatDay"] for row in ask("who-was-in-the-room-on", more, date=day)]


def test_an_event_of_several_days_was_on_each_and_a_bounded_one_perhaps() -> None:
    assert certainty("stated") == ["certainly"]
    assert certainty("bounded") == ["perhaps"]
    assert certainty("stated", "2021-01-16") == []


def test_a_statement_is_no_room() -> None:
    assert ask("who-was-in-the-room-on", date="2021-01-10") == []


def test_a_capacity_stands_though_another_speaker_has_none() -> None:
    more = """
        :part1 pac:inCapacity :t . :t pac:post :chair . :chair rdfs:label "Chair"@en .
        :part3 pac:participationIn :said ; pac:participant :club ; pac:role role:co-speaker .
    """
    (row,) = ask("what-was-said", more)
    assert (row["speakerLabel"], row["speaker"], row["capacity"]) == ("Ann; Club", None, "Chair")
    assert ask("what-was-said", person=f"{BASE}id/bob") == []


def test_a_commitment_shows_each_telling_with_the_passages_of_its_own_articles() -> None:
    more = """
        :again a pac:Event, pac:Statement ; rdfs:label "Again"@en ; pac:evidence :p3 .
        :idea pac:expressedBy :again ; pac:evidence :p3 .
        :firm pac:restates :idea ; rdfs:label "Firm"@en ; pac:strength strength:agreement ;
            pac:expressedBy :again ; pac:evidence :p3 .
    """
    rows = ask("who-voiced", more, commitment=f"{BASE}id/idea")
    assert [(row["row"], row["passages"]) for row in rows] == [
        ("itself", "b 20–25"),
        ("itself", "a 1–5; a 6–9"),
        ("restates it", "b 20–25"),
    ]
    assert [row["row"] for row in ask("who-voiced", more, commitment=f"{BASE}id/firm")] == [
        "itself",
        "restated by it",
        "restated by it",
    ]


def test_two_articles_tell_an_event_and_one_does_not() -> None:
    more = ":part4 pac:participationIn :talks ; pac:participant :bob ; pac:evidence :p3 ."
    rows = ask("told-in-several-articles", more)
    assert [(row["articleLabel"], row["participants"]) for row in rows] == [("A", None), ("B", "Bob")]
    assert ask("told-in-several-articles") == []


def test_date_wording_goes_to_the_article_that_holds_it_where_the_words_are_there() -> None:
    more = """
        :talks pac:evidence :p3 ; pac:dateText "today" .
        :p1 oa:exact "The talks were held\\u00A0Today." . :p3 oa:exact "The talks were held." .
    """
    assert [row["dateWording"] for row in ask("told-in-several-articles", more)] == ["today", None]


def test_a_mandate_names_who_is_charged_and_by_whom_and_an_agreement_is_none() -> None:
    more = """
        :task pac:undertaking "Prepare it."@en ; pac:strength strength:{} ; pac:debtor :club ;
            pac:expressedBy :talks ; pac:evidence :p1 .
        :part5 pac:participationIn :talks ; pac:participant :ann ; pac:role role:counterpart .
        :part6 pac:participationIn :talks ; pac:participant :bob ; pac:role role:attendee .
    """
    (row,) = ask("what-committees-are-charged-with", more.format("mandate"))
    assert (row["chargedLabel"], row["chargedByLabel"], row["atLabel"]) == ("Club", "Ann", "Talks")
    assert ask("what-committees-are-charged-with", more.format("agreement")) == []


def test_only_unsure_judgements_within_the_dataset_are_doubts() -> None:
    more = """
        :j pac:judgement judgement:{} ; pac:subject :ann ; pac:object {} ; skos:note "Who knows."@en .
        :ann pac:nameForm :n . :n pac:writtenForm "A. Ann" ; pac:evidence :p1, :p3 .
    """
    (row,) = ask("doubtful-identities", more.format("unsure", ":bob"))
    assert (row["subjectWritten"], row["objectWritten"]) == ("A. Ann (a 1–5, b 20–25)", None)
    assert ask("doubtful-identities", more.format("different", ":bob")) == []
    assert ask("doubtful-identities", more.format("unsure", "<http://www.wikidata.org/entity/Q1>")) == []


def test_a_thing_is_linked_or_judged_or_without_any_link() -> None:
    more = """
        @prefix schema: <https://schema.org/> .
        @prefix wd: <http://www.wikidata.org/entity/> .
        :ann schema:sameAs wd:Q1 .
        :j pac:judgement judgement:different ; pac:subject :ann ; pac:object wd:Q2 ;
            skos:note "Another Ann."@en .
    """
    rows = ask("links-to-wikidata", more)
    assert [(r["thingLabel"], r["link"], r["reason"]) for r in rows] == [
        ("Ann", "different", "Another Ann."),
        ("Ann", "linked", None),
        ("Bob", "none", None),
    ]
    assert [r["thingLabel"] for r in ask("links-to-wikidata", more, state="none")] == ["Bob"]


def due(date: str, day: str, days: str = "90") -> list[int]:
    kind = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(date)]
    more = f':idea pac:dueDate "{date}"^^xsd:{kind} .'
    return [int(row["daysLeft"]) for row in ask("falls-due", more, date=day, days=days)]


def test_days_are_counted_over_the_ends_of_months_and_years_and_leap_days() -> None:
    assert due("2012-03-01", "2012-02-28") == [2]
    assert due("2013-03-01", "2013-02-28") == [1]
    assert due("2100-03-01", "2100-02-28") == [1]
    assert due("2000-03-01", "2000-02-28") == [2]
    assert due("2021-01-01", "2020-12-31") == [1]


def test_a_month_or_a_year_is_due_by_its_last_day() -> None:
    assert due("2021-02", "2021-01-31") == [28]
    assert due("2021-12", "2021-12-30") == [1]
    assert due("2021", "2021-12-30") == [1]


def test_what_is_due_today_or_on_the_last_day_counts_and_what_was_or_will_be_does_not() -> None:
    assert due("2021-01-11", "2021-01-11") == [0]
    assert due("2021-01-11", "2021-01-01", "10") == [10]
    assert due("2021-01-11", "2021-01-01", "9") == due("2021-01-11", "2021-01-12") == []


def test_what_was_closed_by_the_day_is_not_due_and_what_was_closed_later_is() -> None:
    more = """
        :idea pac:dueDate "2021-02-01"^^xsd:date .
        :judged pac:assessmentOf :idea ; pac:status status:released ;
            pac:startDate "2021-01-20"^^xsd:date ; pac:earliest "2021-01-20"^^xsd:date .
    """
    assert ask("falls-due", more, date="2021-01-21", days="90") == []
    assert [row["assessed"] for row in ask("falls-due", more, date="2021-01-19", days="90")] == [""]


def restated(strength: str) -> list[str]:
    more = f""":later pac:restates :idea ; rdfs:label "Later"@en ; pac:strength strength:{strength} ;
        pac:expressedBy :said ; pac:evidence :p3 ."""
    return [row["row"] for row in ask("repeated-stronger-or-weaker", more)]


def test_a_repetition_is_compared_by_rank_and_a_mandate_has_none() -> None:
    assert restated("agreement") == ["stronger"]
    assert restated("exploration") == ["weaker"]
    assert restated("proposal") == ["as firm"]
    assert restated("mandate") == ["not comparable"]
    assert ask("repeated-stronger-or-weaker") == []


def test_a_statement_is_praise_only_if_it_undertakes_nothing() -> None:
    nice = """
        :nice a pac:Event, pac:Statement ; rdfs:label "Nice"@en ; pac:evidence :p3 ;
            pac:eventType type:praise .
    """
    (row,) = ask("promise-proposal-or-praise", nice, asked=f"{BASE}id/nice")
    assert row["verdict"] == "praise"
    (row,) = ask("promise-proposal-or-praise", nice + ":idea pac:expressedBy :nice .", asked=f"{BASE}id/nice")
    assert row["verdict"] == "proposal, no promise"


def seats(former: str, latter: str) -> list[str]:
    more = f"""
        :chair pac:singleSeat true ; rdfs:label "Chair"@en .
        :t1 pac:holder :ann ; pac:post :chair ; pac:evidence :p1 ; {former} .
        :t2 pac:holder :bob ; pac:post :chair ; pac:evidence :p3 ; {latter} .
    """
    return [row["found"] for row in ask("overlapping-tenures", more)]


def test_an_overlap_is_certain_only_by_days() -> None:
    began = 'pac:startDate "2021-01-01"^^xsd:date ; pac:earliest "2021-01-01"^^xsd:date'
    until = 'pac:endDate "{0}"^^xsd:{1} ; pac:latest "{2}"^^xsd:date'
    later = 'pac:startDate "2021-03-10"^^xsd:date ; pac:earliest "2021-03-10"^^xsd:date'
    assert seats(f"{began} ; {until.format('2021-03-10', 'date', '2021-03-10')}", later) == ["certainly"]
    assert seats(f"{began} ; {until.format('2021-03', 'gYearMonth', '2021-03-31')}", later) == ["perhaps"]
    assert seats(began, later) == ["perhaps"]
    assert seats(f"{began} ; {until.format('2021-03-09', 'date', '2021-03-09')}", later) == []


def conflicts(more: str) -> list[str]:
    return [row["row"] for row in ask("conflicting-dates", more)]


def test_dates_conflict_with_the_whole_or_with_the_article_that_tells_them() -> None:
    part = """:part9 a pac:Event ; rdfs:label "Part"@en ; pac:subEventOf :talks ;
        pac:earliest "{0}"^^xsd:date ; pac:latest "{0}"^^xsd:date ."""
    assert conflicts(part.format("2021-01-11")) == ["outside its whole"]
    assert conflicts(part.format("2021-01-10")) == []
    told = """:talks pac:eventStatus <https://w3id.org/pac/scheme/event-status/completed> .
        <https://example.org/id/article/a> dcterms:issued "{}"^^xsd:date ."""
    assert conflicts(told.format("2021-01-09")) == ["told before it happened"]
    assert conflicts(told.format("2021-01-10")) == []


FITTING = f"""
    <https://example.org/id/article/a> pac:sourceFile "a.txt" .
    :p1 oa:exact "Talk" ; pac:quoteDigest "{hashlib.sha256(b"Talk").hexdigest()}" .
    :p2 pac:quoteDigest "x" .
"""


def misfits(more: str) -> list[str]:
    return [row["row"] for row in ask("passages-that-do-not-fit", more)]


def test_a_passage_that_does_not_fit_its_digest_is_found() -> None:
    good = FITTING
    assert misfits(good) == []
    assert misfits(good.replace('"Talk"', '"Walk"')) == ["other words"]
    assert misfits(good.replace(':p2 pac:quoteDigest "x" .', "")) == ["without a digest"]
    assert misfits(good.replace(':p1 oa:exact "Talk"', ':p1 oa:exact "Talks"')) == [
        "other length",
        "other words",
    ]
    again = (
        ':p4 pac:inArticle <https://example.org/id/article/a> ; oa:start 6 ; oa:end 9 ; pac:quoteDigest "y" .'
    )
    assert misfits(good + again) == ["two digests of one stretch"] * 2


def misplaced(more: str) -> list[str]:
    return [row["row"] for row in ask("concepts-outside-their-scheme", more)]


def test_a_concept_of_another_scheme_is_found() -> None:
    topic = ":peace a skos:Concept ; skos:inScheme :topics . :topics a skos:ConceptScheme ."
    topic += " :talks pac:topic :peace ."
    assert misplaced(topic) == []
    assert misplaced(":talks pac:eventType strength:offer .") == ["not of the scheme event-type"]
    assert misplaced(":talks pac:topic strength:offer .") == ["topic of a common scheme"]
    assert misplaced(":peace a skos:Concept .") == ["in no scheme"]
    assert misplaced(topic + " :peace skos:broader strength:offer .") == ["broader in another scheme"]
