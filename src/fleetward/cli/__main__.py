"""``python -m fleetward.cli`` prints ``docs/reference/cli.md``."""

import sys

from fleetward.cli.reference import reference_page

sys.stdout.write(reference_page())
