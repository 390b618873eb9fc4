"""From records to a release, stage by stage.

    pipeline  the stages in order; publishes atomically
    scratch   a build from nothing
    rebuild   a build that begins with the one before
    made      what both of them give
    keep      what a build leaves for the next: ledger, asserted store, sorted quads, state
    ledger    the index of the records, and what was made of each
    delta     what a change of asserted lines changes besides
    work      blocks -> lines in shards; crew: on several cores; progress: how far it is
    graphs    a record's graph, its digest and what follows from it alone
    links     what follows from several records
    lines     N-Triples lines; the closure of one line as tables
    shards    lines by subject, so that each shard is finished by itself
    convert   JSON-LD -> quads, one named graph for each top-level record
    gate      the reader's faults and the SHACL results as one report
    validate  SHACL on the asserted data -> results
    checks    the hygiene checks of queries/checks -> results
    report    SHACL results -> findings, and the report in Turtle
    infer     the closure, by which the tables of ``lines`` are made
    describe  VoID, DCAT and PROV
    write     the store and its papers, into a staging folder
    inputs    what goes into a build, so that one is made only when something changed

Promises: the same inputs give the same digest; a build that is killed leaves the current
release as it was. pySHACL is imported only in ``validate``.
"""
