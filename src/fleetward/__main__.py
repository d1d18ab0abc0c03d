"""The command ``fleet``, also as ``python -m fleetward``."""

from __future__ import annotations

import gc
import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    # During the imports Ctrl-C ends the process at once: Python would print a traceback and exit with 1.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Our values hold no circles: looking for them takes a tenth of a large run, and some of every start.
    gc.set_threshold(100_000)
    from fleetward.cli.main import main

    main()


if __name__ == "__main__":
    main()
