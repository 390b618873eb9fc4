"""Curated records in files: reading, checking and expanding them to JSON-LD.

    dataset   dataset.toml -> Dataset
    reader    YAML files -> located values (every field knows its file and line)
    model     ontology + shapes + layout.toml -> RecordModel (types, fields, kinds)
    check     located records against the model -> findings
    passages  evidence against passages.yaml and the source texts; writing the digests
    expand    located record -> JSON-LD node, IRIs minted, dates typed, source map kept
    schema    model -> JSON Schema for editors
    context   model -> the published JSON-LD context

Promises: nothing here stops at the first fault, and nothing here needs the network.
May import formats, vocab, resources, findings, errors; never build, query or web.
"""
