"""Virtuoso: its settings, and how it is given the triples.

Sized as its manual says for 2 GB of memory, bound to 127.0.0.1, without its usual limits of rows and time.
The triples stand in one graph that each request names: without that its system's own would count, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

GRAPH: Final = "urn:bench"
_SETTINGS: Final = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
TempStorage = TempDatabase

[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
FileExtend = 200

[Parameters]
ServerPort = 127.0.0.1:{sql}
DirsAllowed = {data}
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
MaxQueryMem = 2G
CheckpointInterval = 0
ThreadsPerQuery = 2
MaxClientConnections = 100

[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerThreads = 80
MaxClientConnections = 100
MaxKeepAlives = 80
KeepAliveTimeout = 10
Charset = UTF-8

[SPARQL]
ResultSetMaxRows = 10000000
MaxQueryCostEstimationTime = 0
MaxQueryExecutionTime = 0
"""


def command(program: str, folder: Path, port: int, sql: int, triples: Path) -> list[str]:
    """The command that serves a database in this folder, which is made with its settings."""
    folder.mkdir()
    settings = folder / "virtuoso.ini"
    settings.write_text(_SETTINGS.format(folder=folder, port=port, sql=sql, data=triples.parent))
    return [program, "+foreground", "+configfile", str(settings)]


def loading(sql: int, triples: Path) -> list[list[str]]:
    """The commands that load the triples, once it runs. isql ends with 0 even when a statement fails."""
    text = f"ld_dir('{triples.parent}', '{triples.name}', '{GRAPH}'); rdf_loader_run(); checkpoint;"
    return [["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", f"exec={text}"]]
