"""`python daemon_entry.py DATA_DIR`: the real daemon with the units of DATA_DIR/units.json.

{"version": "0.1.0", "units": [{"name": ..., "command": [...], ...}]}, the fields of a UnitSpec.
"""

import json
import os
import sys

from apps.backends.local.daemon import Daemon
from apps.backends.local.supervisor.unit import UnitSpec
from apps.backends.local_settings import VARIABLE, from_json

os.umask(0o077)
settings = from_json(os.environ[VARIABLE])
with open(os.path.join(settings.data_dir, "units.json"), encoding="utf-8") as file:  # noqa: PTH123, PTH118
    given = json.load(file)
specs = [
    UnitSpec(**{**unit, "command": tuple(unit["command"]), "after": tuple(unit["after"])}) for unit in given["units"]
]
sys.exit(Daemon(settings, specs, given["version"]).run())
