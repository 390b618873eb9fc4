"""pyoxigraph's bulk_load of N-Quads into a new store."""

from __future__ import annotations

import json
import sys
import time

import pyoxigraph as ox

started = time.perf_counter()
store = ox.Store(sys.argv[2])
store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_QUADS)
store.flush()
print(json.dumps({"seconds": time.perf_counter() - started}))
