"""`python temporal_entry.py URL SHA256`.

The unit `temporal`, with another release to download, and quick to try again.
"""

import sys

from apps.backends.local.temporal import run
from apps.backends.local.temporal.release import Release

run.TRY_AGAIN_SECONDS = 0.2
url, sha256 = sys.argv[1:]
sys.exit(run.main(Release("1.5.1", url, sha256)))
