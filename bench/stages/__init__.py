"""What is timed, each in a process of its own, which prints its numbers as a last line of JSON.

    build        kg's build, stage by stage
    prepare      inputs for the others, from a dataset (not timed)
    bulk         pyoxigraph's bulk_load
    gate         kg's gate on data with the bundled shapes
    shacl        pyshacl on data and shapes
    rudof        pyrudof on data and shapes
    lift_kg      events from JSON lines to RDF by kg
    lift_maplib  the same by maplib

rudof and lift_maplib run in the peers' Python and import nothing of kg. maplib has SHACL too, in its paid
edition only, so it is not compared.
"""
