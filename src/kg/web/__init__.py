"""The web face: a release over HTTP, for people and programs.

    app        create_app(settings, release, pool, catalog) -> Flask
    server     the application on a real HTTP server (gunicorn, gevent workers)
    negotiate  Accept and ?format= -> a format
    door       what is refused before any view runs: over-long URLs, compressed bodies
    errors     the error tree -> problem details (RFC 9457) or an HTML page
    headers    what every answer carries: CORS, release, Vary, security
    streaming  an executor's answer -> a response that never ends cleanly after a failure
    lookups    labels, properties and incoming links of one entity, read from the store
    links      IRIs -> paths of this server
    sparql, queries, entities, vocabulary, dumps, pages, ops   blueprints

Promises: no view blocks the worker with a query of the client's (they run in the pool's
executors); the status line goes out only when the first bytes of a body exist; pages work without
JavaScript and ask nothing of other hosts. Imports neither ``kg.build`` nor ``kg.link``.
"""
