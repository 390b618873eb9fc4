"""kg's gate, all constraints, on triples in a file: seconds to read and to validate, and the results."""

from __future__ import annotations

import json
import sys
import time

import pyoxigraph as ox

from kg.build import validate
from kg.findings import Severity

started = time.perf_counter()
store = ox.Store()
store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_TRIPLES)
read = time.perf_counter()
results = validate.validate(store)
violations = sum(result.severity is Severity.VIOLATION for result in results)
print(json.dumps({"read": read - started, "validate": time.perf_counter() - read, "violations": violations}))
