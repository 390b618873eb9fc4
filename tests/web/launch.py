"""``python launch.py RELEASE SETTINGS``: serve a release on a free port, with settings as JSON.

What becomes current beside it is taken up.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kg.release import Release, Releases
from kg.settings import Settings
from kg.web.server import run

if __name__ == "__main__":
    release = Release.open(Path(sys.argv[1]))
    dataset = release.path.parents[1]
    settings = Settings(**{"port": 0, **json.loads(sys.argv[2])})
    run(release, settings, Releases(dataset.parent, dataset.name))
