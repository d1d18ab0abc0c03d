"""``python -m fleetward.rules`` prints ``docs/rules.md``."""

import sys

from fleetward.rules.documentation import documentation

sys.stdout.write(documentation())
