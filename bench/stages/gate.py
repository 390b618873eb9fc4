"""kg's gate on triples in a file: seconds to read and to validate, and the violations.

All constraints, or with a second argument ``core`` those of SHACL Core alone.
"""

from __future__ import annotations

import json
import sys
import time

import pyoxigraph as ox

from kg import resources
from kg.build import validate
from kg.build.core import View
from kg.findings import Severity

started = time.perf_counter()
store = ox.Store()
store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_TRIPLES)
read = time.perf_counter()
if sys.argv[2:] == ["core"]:
    shapes = validate.read_shapes(resources.shapes())
    screen = validate.screen_of(shapes, store)
    results = list(validate.core(store, shapes, screen, screen.focus_nodes(View(store))))
else:
    results = validate.validate(store)
violations = sum(result.severity is Severity.VIOLATION for result in results)
print(json.dumps({"read": read - started, "validate": time.perf_counter() - read, "violations": violations}))
