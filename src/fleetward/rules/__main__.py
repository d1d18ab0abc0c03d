"""``python -m fleetward.rules`` prints ``docs/reference/rules.md``."""

import sys

from fleetward.rules.documentation import reference_page

sys.stdout.write(reference_page())
