"""``python -m fleetward.store.imports`` prints ``docs/reference/formats.md``."""

import sys

from fleetward.store.imports.documentation import reference_page

sys.stdout.write(reference_page())
