"""``python -m fleetward.changes`` prints ``docs/reference/changes.md``."""

import sys

from fleetward.changes.documentation import documentation

sys.stdout.write(documentation())
