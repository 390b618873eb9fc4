"""Asking a release: what may be asked, who answers, and how an answer comes back.

    tokens    SPARQL text -> tokens
    entities  whether the entity that a canned query is asked about is there
    limits    how deep the engine must recurse for a text
    request   parse: the form of a query; refuses updates
    service   SERVICE to an endpoint that is not allowed is refused
    scope     the graphs that a query is asked of; prefixes: those of the document it makes
    engine    one query through pyoxigraph into a stream of bytes
    counting  no more rows than an answer may have
    xml       XML results held to what XML can say
    executor  the child process that answers queries for a server
    confine   what an executor may not do: memory, network, outliving its parent
    child     a process that does not outlive this one
    process   the parent's handle on one executor
    slots     how many queries run at once, and the slot kept for small ones
    pool      Pool: executors under a deadline and a memory limit, replaced when they fail
    canonical when two queries are one; cache: answers given before, in front of the pool
    answer    Answer: the bytes of a result, as they come
    local     the same queries in this process, for the command line and Python
    table     rows as an aligned text table
    terms     RDF terms as Python values and as short text
    spelling  words misspelt, prefixes not declared
    failures  what the engine says, in words for people
    catalog   canned queries with typed parameters, from queries/canned/*.rq
    values    the types of those parameters

Promises: no query takes the caller down, outlives its deadline or changes the data; a failure
before the first byte of an answer is raised, a failure after it is raised while iterating, so
that nobody takes the stump for the whole. May import release, formats, vocab, errors. Importing
``kg.query`` loads nothing, because the executor starts with it.
"""
