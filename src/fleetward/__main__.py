"""The command ``fleet``, also as ``python -m fleetward``."""

from __future__ import annotations

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    # Our values hold no circles: looking for them takes a tenth of a large run, and some of every start.
    gc.set_threshold(100_000)
    from fleetward.cli.main import main

    main()


if __name__ == "__main__":
    main()
