"""``python -m fleetward`` is the command ``fleet``."""

from fleetward.cli import main

main()
