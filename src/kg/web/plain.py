"""Problem details that need no Flask: of what is refused before there is a request, or a view."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

PROBLEM: Final = "application/problem+json"


def problem(status: HTTPStatus, detail: str, query_id: str) -> tuple[dict[str, str], bytes]:
    """Its own headers and the body; ``about:blank`` says that the status tells all (RFC 9457, 4.2.1)."""
    members = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "query_id": query_id,
    }
    body = (json.dumps(members) + "\n").encode()
    return {"Content-Type": PROBLEM, "Content-Length": str(len(body)), "Cache-Control": "no-store"}, body
