"""The site's settings with a home of their own, so that no test touches the data of whoever runs it.

pytest loads settings before any conftest, hence a module and not a fixture.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="stigmer-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ["STIGMER_HOME"] = str(HOME)
for name in (
    "STIGMER_SETTINGS",
    "STIGMER_BROKER_URL",
    "STIGMER_DATABASE_URL",
    "STIGMER_KEYS",
    "STIGMER_SECRET",
    "STIGMER_SUPERVISOR_FD",
):
    os.environ.pop(name, None)

from stigmer_site.settings import *  # noqa: E402, F403  # these are they
from stigmer_site.settings import DATABASES  # noqa: E402

# Tests use both databases in one process, and whatever is installed.
for name in ("psycopg", "jinja2", "colorama"):
    if sys.modules.get(name, sys) is None:
        del sys.modules[name]

# A file, not memory: WAL, locks and several connections are what the product meets.
DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.db")}
