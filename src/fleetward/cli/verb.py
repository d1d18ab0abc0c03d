"""A verb of the command line: the function that runs it, and the formats of its report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from fleetward.cli.session import Formats
from fleetward.domain.errors import ExitCode


class Verb(NamedTuple):
    """Options -> a workflow -> a renderer -> an exit code."""

    run: Callable[..., ExitCode]
    """Its parameters after the session are the options of the command."""
    formats: Formats[Any]
    writes_dated: bool = False
    """It always writes records that say when: ``--now`` is refused. Verbs with ``--apply`` refuse it with that."""
    long: bool = False
    """It may take seconds, and asks nothing: a terminal shows how far it is."""
