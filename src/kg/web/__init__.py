"""The web face: a release over HTTP, for people and programs.

    app        create_app(settings, release, pool, catalog) -> Flask
    serving    one release after the other: which application answers; what is counted and logged
    caching    answers given before: ETag, 304, whole responses out of memory
    repeats    requests like earlier ones, answered unread; alike: those that differ in the query alone
    sending    how gunicorn's answers go out
    hints      why an answer may be empty
    log, metrics   the access log, the numbers for Prometheus
    site       what an application serves: settings, release, pool, catalog, lookups, links
    server     the application on a real HTTP server (gunicorn, gevent workers); worker: one of them
    connections  how long a client may take to send a request, and how many may be open
    negotiate  Accept and ?format= -> a format
    guard      the bearer token, where the service is not for all
    door       what is refused before any view runs: over-long URLs, compressed bodies
    errors     the error tree -> problem details (RFC 9457) or an HTML page
    headers    what every answer carries: CORS, release, Vary, security
    compress   br and gzip
    archive    older releases, opened when they are asked for; citing: permalinks
    apart      what would keep the other requests waiting, beside them
    streaming  an executor's answer -> a response that never ends cleanly after a failure
    lookups    labels, properties and incoming links of one entity, read from the store
    parts      what openapi is put together from
    names      an index over the names in a store, which finds them in spite of spelling
    links      IRIs -> paths of this server
    view       what templates show: entities, tables, forms, terms; words: their wording
    running    a query of the client's, from its parameters to the pool's answer
    description  the service description; document: RDF about this server
    dumping    the process that writes a dump
    sparql, graphs, releases, catalogue, queries, search, entities, vocabulary, dumps, pages, openapi,
    ops        blueprints

Promises: no view blocks the worker with a query of the client's (they run in the pool's
executors); the status line goes out only when the first bytes of a body exist; pages work without
JavaScript and ask nothing of other hosts. Imports neither ``kg.build`` nor ``kg.link``.
"""
