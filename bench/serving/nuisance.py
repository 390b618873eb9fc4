"""A client that asks the bad query beside all others."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from serving.peers import Peer
from serving.questions import ENDLESS


@contextmanager
def beside(peer: Peer, patience: float) -> Iterator[None]:
    """Have the bad query asked of a peer, again each time it is answered or ``patience`` seconds are over."""
    over = threading.Event()
    target = peer.path + quote(ENDLESS)

    def nag() -> None:
        while not over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=patience)
            try:
                connection.request("GET", target)
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                over.wait(0.05)
            finally:
                connection.close()

    thread = threading.Thread(target=nag, daemon=True)
    thread.start()
    try:
        over.wait(0.5)
        yield
    finally:
        over.set()
