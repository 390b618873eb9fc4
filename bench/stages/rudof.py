"""pyrudof on triples and shapes in files: seconds to read and to validate, and the results."""

from __future__ import annotations

import json
import sys
import time

import pyrudof

started = time.perf_counter()
rudof = pyrudof.Rudof(pyrudof.RudofConfig())
rudof.read_data(sys.argv[1], pyrudof.RDFFormat.NTriples)
rudof.read_shacl(sys.argv[2], pyrudof.ShaclFormat.Turtle)
read = time.perf_counter()
violations = sum(entry.severity == "Violation" for entry in rudof.validate_shacl())
print(json.dumps({"read": read - started, "validate": time.perf_counter() - read, "violations": violations}))
