"""pyshacl as it comes, on triples and shapes in files: seconds to read and to validate, and the results."""

from __future__ import annotations

import json
import logging
import sys
import time

import pyshacl
import rdflib

logging.disable(logging.CRITICAL)
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
started = time.perf_counter()
data = rdflib.Graph().parse(sys.argv[1], format="nt")
shapes = rdflib.Graph().parse(sys.argv[2], format="turtle")
read = time.perf_counter()
_, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", advanced=False)
violations = sum(1 for _ in report.subjects(SH.resultSeverity, SH.Violation))
print(json.dumps({"read": read - started, "validate": time.perf_counter() - read, "violations": violations}))
