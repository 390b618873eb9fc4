"""An invented dataset of any size: the same seed gives the same bytes.

    names     composed names, in several scripts
    texts     source texts and the passages in them
    world     who and what there is: countries, bodies, posts, people and their terms
    visits    what happened: visits with meetings, statements, commitments, and what became of them
    writing   records to files, as JSON lines, YAML or CSV
    tables    records to rows of CSV

Everything is made one country or one visit at a time, so that memory stays flat.
"""
