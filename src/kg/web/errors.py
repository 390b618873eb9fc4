"""One handler for everything that goes wrong: problem details or a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, current_app, g, json, render_template, request, url_for
from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import HTTPException, PreconditionFailed

from kg.errors import KgError, QuerySyntaxError, TooManyQueries
from kg.query.failures import damaged, gone
from kg.release.release import CORRUPT
from kg.web import hints
from kg.web.negotiate import prefers_html
from kg.web.plain import PROBLEM
from kg.web.site import site


def install(app: Flask) -> None:
    """Register the handlers; the last one is the request edge's broad catch: logged, 500.

    Install it before ``kg.web.caching``, so that its own hook comes after: Flask runs the last one first.
    """
    app.register_error_handler(KgError, _from_tree)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(ParseException, _unreadable)
    app.register_error_handler(NoMoreData, _unreadable)
    app.register_error_handler(Exception, _unforeseen)
    app.after_request(_precondition)


def slug(kind: type[KgError]) -> str:
    """``DeadlinePassed`` -> ``deadline-passed``: the fragment of its problem type."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def kinds() -> Iterator[type[KgError]]:
    """Every class of the error tree below its root, parents first."""
    waiting = list(KgError.__subclasses__())
    while waiting:
        kind = waiting.pop(0)
        yield kind
        waiting[:0] = kind.__subclasses__()


def problem(error: KgError) -> dict[str, Any]:
    """The members of RFC 9457, section 3.1, with ours: line, column, excerpt, parameter, hint."""
    body: dict[str, Any] = {
        "type": url_for("ops.problems", _external=True, _anchor=slug(type(error))),
        "title": error.title,
        "status": error.http_status,
        "detail": error.message,
    }
    for extra in ("line", "column", "excerpt", "parameter", "hint"):
        if (value := getattr(error, extra, None)) is not None:
            body[extra] = value
    return body


def _id() -> str:
    """The name of this request, by which the log knows it."""
    return str(request.environ.get("kg.id", "-"))


def _from_tree(error: KgError) -> Response:
    if error.http_status == 500:
        current_app.logger.exception("request %s failed: %r", _id(), request.path)
    if isinstance(error, QuerySyntaxError) and error.prefix:
        here = site()
        namespace = hints.namespace(error.prefix, here.links.base, here.lookups)
        error.hint = f"add PREFIX {error.prefix}: <{namespace}>" if namespace else error.hint
    response = _answer(problem(error))
    if isinstance(error, TooManyQueries):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _from_http(error: HTTPException) -> Response:
    """Flask's own refusals; ``about:blank`` says that the status tells all (RFC 9457, 4.2.1)."""
    status = error.code or 500
    detail = error.description or error.name
    response = _answer({"type": "about:blank", "title": error.name, "status": status, "detail": detail})
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _unreadable(error: Exception) -> Response:
    """gunicorn reads a body when the application asks for it: a malformed chunk shows only here."""
    detail = f"The body of the request cannot be read: {error}"
    return _answer({"type": "about:blank", "title": "Bad Request", "status": 400, "detail": detail})


def _precondition(response: Response) -> Response:
    """An ``If-Match`` that does not fit shows once the answer is there (RFC 9110, 13.1.1); refuse it then."""
    if response.status_code != PreconditionFailed.code:
        return response
    refused = _from_http(PreconditionFailed("the answer has another ETag than those of If-Match"))
    kept = {n: v for n, v in response.headers.items() if n not in ("Content-Type", "Content-Length", "Link")}
    response.close()
    refused.headers.update(kept)
    return refused


def _unforeseen(error: Exception) -> Response:
    current_app.logger.exception("unforeseen failure of request %s: %r", _id(), request.path)
    if CORRUPT in str(error):  # an entity page read the store itself
        return _answer(problem(damaged(str(error))))
    if isinstance(error, OSError) and not site().release.store_path.is_dir():
        return _answer(problem(gone()))
    detail = "The server failed in a way that was not foreseen. It has been logged."
    return _answer({"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": detail})


def _answer(body: dict[str, Any]) -> Response:
    body["query_id"] = _id()
    if prefers_html(request.headers.get("Accept"), (PROBLEM, "application/json")):
        page = render_template("error.html", problem=body, asked=g.get("asked"))
        return Response(page, body["status"], content_type="text/html; charset=utf-8")
    return Response(json.dumps(body, ensure_ascii=False) + "\n", body["status"], content_type=PROBLEM)
