"""`python client_entry.py SETTINGS`: one `ensure_running`, its answer on stdout, for races."""

import json
import sys

from apps.backends.local import launch
from apps.backends.local_settings import from_json
from tests.backends.kit.place import use_scripted_daemon

use_scripted_daemon()
running = launch.ensure_running(from_json(sys.argv[1]), timeout_seconds=20)
json.dump(running._asdict(), sys.stdout)
