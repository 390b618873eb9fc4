"""From records to a release, stage by stage.

    pipeline  the stages in order; publishes atomically
    convert   JSON-LD -> quads, one named graph for each top-level record
    gate      the reader's faults and the SHACL results as one report
    validate  SHACL on the asserted data -> results
    report    SHACL results -> findings, and the report in Turtle
    infer     the closure, in a graph of its own
    describe  VoID, DCAT and PROV
    counts    how much there is, by class and by article
    write     the store and its papers, into a staging folder
    inputs    what goes into a build, so that one is made only when something changed

Promises: the same inputs give the same digest; a build that is killed leaves the current
release as it was. pySHACL is imported only in ``stock``.
"""
