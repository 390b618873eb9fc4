"""``python launch.py RELEASE SETTINGS``: serve a release on a free port, with settings as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kg.release import Release
from kg.settings import Settings
from kg.web.server import run

if __name__ == "__main__":
    run(Release.open(Path(sys.argv[1])), Settings(**{"port": 0, **json.loads(sys.argv[2])}))
