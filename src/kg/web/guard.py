"""The token of a service that is not for everybody (RFC 6750): asked for before anything else is done.

It is read from the header ``Authorization`` alone, never from an address or a body, which end up in
logs, histories and caches (5.3).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from kg.web import plain

OPEN: Final = "/health"
"""Whoever keeps the process alive need not know the token."""

CHALLENGE: Final = 'Bearer realm="kg"'

_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE | re.ASCII)


def challenge(environ: dict[str, Any], token: str) -> str | None:
    """What ``WWW-Authenticate`` says to a request that may not pass (RFC 6750, 3); None to one that may.

    Where there is a token, OPTIONS goes without, because no browser sends it with a preflight (Fetch, 3.3.5).
    """
    if not token or environ["REQUEST_METHOD"] == "OPTIONS" or environ["PATH_INFO"] == OPEN:
        return None
    sent = _BEARER.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if sent is None:
        return CHALLENGE
    if hmac.compare_digest(sent[1].encode(), token.encode()):
        return None
    return f'{CHALLENGE}, error="invalid_token"'


def refuse(
    environ: dict[str, Any], start_response: Any, said: str, common: Mapping[str, str]
) -> Iterable[bytes]:
    """401 with that challenge, as problem details: nothing of the data, not even their title, is in it."""
    status, detail = (
        HTTPStatus.UNAUTHORIZED,
        "This service is asked with a token: Authorization: Bearer <token>",
    )
    own, body = plain.problem(status, detail, environ.get("kg.id", "-"))
    headers = {**common, **own, "WWW-Authenticate": said}
    start_response(f"{status.value} {status.phrase}", [*headers.items()])
    return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)
