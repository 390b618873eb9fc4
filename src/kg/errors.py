"""The error tree: everything that kg raises on purpose.

    KgError
    ├── UsageError                 exit 2, HTTP 400   the call's words are wrong
    │   ├── ParameterError                            a query parameter: unknown, missing, ill-typed
    │   ├── QuerySyntaxError                          a query that does not parse (line, column)
    │   ├── NotAcceptable          HTTP 406           no offered format fits
    │   └── UnsupportedMedia       HTTP 415
    ├── Refused                    exit 2, HTTP 403   an update, or SERVICE to an unlisted place
    ├── NotFound                   exit 2, HTTP 404   no such dataset, release, query or entity
    │   └── Gone                   exit 2, HTTP 410   a retired IRI
    ├── ClientLeft                 exit 3, HTTP 499   whoever asked has closed the connection
    ├── RequestTooSlow             exit 3, HTTP 408   a request that did not arrive in time
    ├── DataError                  exit 1, HTTP 500   the data are at fault; carries findings
    └── EnvironmentFault           exit 3, HTTP 500   disk full, port taken, store damaged
        ├── StoreDamaged           exit 3, HTTP 503
        │   └── ForeignFormat                         not damaged: made by a later kg
        ├── NoRelease              exit 3, HTTP 503
        ├── TooManyQueries         exit 3, HTTP 429
        ├── DeadlinePassed         exit 3, HTTP 504
        ├── MemoryExceeded         exit 3, HTTP 507
        ├── ResultTooLong          exit 3, HTTP 507
        └── ExecutorFailed         exit 3, HTTP 500   the executor died of neither

A message names the place (file and line, term or parameter) and the remedy. Exit codes and
HTTP statuses are class attributes, so that one handler at each edge serves the whole tree.
This module imports nothing from kg.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from pathlib import Path

    from kg.findings import Finding


_WIDEST: Final = 100
_BEFORE: Final = 70
"""Characters of a line that an excerpt shows, and of those before its caret."""


class KgError(Exception):
    """Root of the tree. ``hint`` says what to do, where the message does not already.

    ``line`` and ``column`` of a query, from 1, where the error is at a place in one.
    """

    exit_code: ClassVar[int] = 3
    http_status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint


class UsageError(KgError):
    """The call itself is wrong: a flag, an argument, a request."""

    exit_code = 2
    http_status = 400
    title = "Bad request"


class ParameterError(UsageError):
    """A query parameter is unknown, repeated, missing or of the wrong type."""

    title = "Bad parameter"

    def __init__(self, parameter: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.parameter = parameter


class QuerySyntaxError(UsageError):
    """A SPARQL query does not parse; ``line`` and ``column`` count from 1 where known.

    ``excerpt`` is that line, and below it a caret under that column; ``prefix`` is one that was not declared.
    """

    title = "Malformed query"

    def __init__(
        self,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, line=line, column=column, hint=hint)
        self.excerpt: str | None = None
        self.prefix: str | None = None

    def within(self, text: str) -> QuerySyntaxError:
        """The same error, with the excerpt from the query's text."""
        lines = text.split("\n")
        if self.line and self.column and self.line <= len(lines):
            start = max(0, self.column - _BEFORE)
            part = lines[self.line - 1][start : start + _WIDEST]
            shown = "".join(c if c.isprintable() else " " for c in part)
            self.excerpt = f"{shown.rstrip()}\n{' ' * (self.column - 1 - start)}^"
        return self


class NotAcceptable(UsageError):
    """None of the formats on offer is acceptable to the client."""

    http_status = 406
    title = "Not acceptable"


class UnsupportedMedia(UsageError):
    """The request body has a type or an encoding that is not read here."""

    http_status = 415
    title = "Unsupported media type"


class Refused(KgError):
    """The request is understood and will not be carried out; ``line`` and ``column`` say what of a query."""

    exit_code = 2
    http_status = 403
    title = "Refused"


class NotFound(KgError):
    """There is nothing of that name."""

    exit_code = 2
    http_status = 404
    title = "Not found"


class Gone(NotFound):
    """There was something of that name; it has been retired."""

    http_status = 410
    title = "Gone"


class ClientLeft(KgError):
    """Whoever asked has closed the connection before the answer was there; its query was stopped.

    499 is what nginx logs in this case. Only a client that closed no more than its own direction reads it.
    """

    http_status = 499
    title = "Client left"


class RequestTooSlow(KgError):
    """A request did not arrive in time."""

    http_status = 408
    title = "Request too slow"


class DataError(KgError):
    """The data are at fault. ``findings`` lists everything that was found, not the first.

    ``root`` is the folder that the findings' file names are relative to, where it is known.
    """

    exit_code = 1
    title = "The data are at fault"

    def __init__(self, message: str, findings: Sequence[Finding] = (), root: Path | None = None) -> None:
        super().__init__(message)
        self.findings = tuple(findings)
        self.root = root

    def within(self, root: Path) -> DataError:
        """The same error, with its file names below ``root``."""
        return DataError(self.message, self.findings, root)


class EnvironmentFault(KgError):
    """The surroundings are at fault: disk, port, permissions, store."""

    title = "The environment is at fault"


class StoreDamaged(EnvironmentFault):
    """A release on disk is not what its manifest says."""

    http_status = 503
    title = "Release damaged"


class ForeignFormat(StoreDamaged):
    """A release is in a format that this kg does not know."""

    title = "Release of a later kg"


class NoRelease(EnvironmentFault):
    """There is no current release of the dataset in the store."""

    http_status = 503
    title = "No release"


class TooManyQueries(EnvironmentFault):
    """Every executor is busy. ``retry_after`` is in seconds."""

    http_status = 429
    title = "Too many queries"

    def __init__(self, message: str, *, retry_after: int = 1, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class DeadlinePassed(EnvironmentFault):
    """A query ran past its deadline and was stopped."""

    http_status = 504
    title = "Query deadline passed"


class MemoryExceeded(EnvironmentFault):
    """A query needed more memory than an executor may have and was stopped."""

    http_status = 507
    title = "Query memory limit reached"


class ResultTooLong(EnvironmentFault):
    """An answer has more rows than may be sent, and was stopped."""

    http_status = 507
    title = "Answer too long"


class ExecutorFailed(EnvironmentFault):
    """A query executor ended for a reason that is neither time nor memory."""

    title = "Query executor failed"
