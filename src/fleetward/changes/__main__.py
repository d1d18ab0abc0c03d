"""``python -m fleetward.changes`` prints ``docs/changes.md``."""

import sys

from fleetward.changes.pages import documentation

sys.stdout.write(documentation())
