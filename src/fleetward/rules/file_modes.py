"""Modes of files: nothing can be run as a program that the manifest does not say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.rules.rule import Violation, rule

EXECUTABLE = "100755"


@rule("file-executable", Severity.ERROR)
def file_executable(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A file can be run as a program, and the manifest does not list it.

    Why: digests and approvals cover contents, not modes. What may be run has to stand in the manifest, where it is
    reviewed.
    Bad:
        # git stores scripts/lookup.sh with the mode 100755
        spec: {class: capability}
    Good:
        spec: {class: capability, executables: [scripts/lookup.sh]}
    Fix: `git update-index --chmod=-x FILE` and `chmod -x FILE`, or list it under spec.executables.
    """
    for agent in fleet.effective_agents:
        if agent.manifest is None:
            continue
        for file in agent.files:
            if file.mode == EXECUTABLE and file.path not in agent.manifest.executables:
                yield Violation(
                    place=Place(file=f"{agent.folder}/{file.path}"),
                    message=f"{file.path!r} is executable, and spec.executables does not list it",
                    hint=f"chmod -x {agent.folder}/{file.path}, or list it under spec.executables",
                    environment=agent.environment,
                    agent=agent.name,
                )
