"""``python -m fleetward.changes`` prints ``docs/changes.md``."""

import sys

from fleetward.changes.documentation import documentation

sys.stdout.write(documentation())
