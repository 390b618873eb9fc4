"""Curated records in files: reading, checking and expanding them to JSON-LD.

    dataset   dataset.toml -> Dataset
    changes   CHANGES.md -> the change notes of each release
    files     which files of the folder hold records
    blocks    a file -> pieces that can be read apart from each other, by where records end
    reader    YAML files -> located values (every field knows its file and line)
    jsontext  JSON files, the same
    lines     JSON lines -> records, decoded in C
    table     CSV -> records; columns: its header; growing: a record put together from rows
    model     ontology + shapes + layout.toml -> RecordModel (types, fields, kinds)
    parse     located values -> records, each field against the model
    piece     a piece of a file in any form -> records and findings
    kinds     what dates, numbers and references look like
    names     slugs, ids, and the nearest known name
    entries   a block -> records that stand alone, with what each says of others
    index     what records say of one another, in SQLite
    check     what can only be seen across records
    passages  evidence against passages.yaml and the source texts; writing the digests
    expand    located record -> JSON-LD node, IRIs minted, dates typed, source map kept
    load      all of this in order: a folder -> expanded records and findings
    digests   writes passages.yaml
    schema    model -> JSON Schema for editors
    comments  YAML files as values with their comments
    scalars   how a text is written in YAML
    fmt       record files in one layout, the comments kept
    templates new records as text, what is missing marked TODO
    new       a new record into the file where such records stand
    articles  where a new article runs from and to in its source text
    find      words to places in a text, however they are typed
    sources   words to passages that can be cited, and back
    citations which passages records cite
    scope     which findings concern one article
    context   model -> the published JSON-LD context
    generate  writes both, and checks that they are current

Promises: nothing here stops at the first fault, and nothing here needs the network.
May import formats, vocab, resources, findings, errors; never build, query or web.
"""
