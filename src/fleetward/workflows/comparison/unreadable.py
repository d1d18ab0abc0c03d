"""What a comparison could not read: governance files, and links where folders belong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from fleetward.domain import layout
from fleetward.domain.change import Unreadable
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import AgentKey
from fleetward.store.fleet.file_checks import printable_path
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.git.tree import LINK, SUBMODULE
from fleetward.workflows.comparison.changed_files import AGENT_FOLDERS, ChangedFiles
from fleetward.workflows.comparison.governance_files import SCHEMAS
from fleetward.workflows.comparison.pair import FleetPair


def unreadable_agent(key: AgentKey, side: str, finding: Finding, further_findings: int = 0) -> Unreadable:
    """An agent of one side that could not be compared."""
    environment, name = key
    return Unreadable(
        environment=environment, agent=name, side=side, finding=finding, further_findings=further_findings
    )


def unreadable_governance(pair: FleetPair) -> Iterator[Unreadable]:
    """Governance files with errors: they do not say what a promotion requires."""
    for side, fleet in (("base", pair.base_fleet), ("head", pair.head_fleet)):
        if fleet is not None:
            yield from _file_errors(fleet, side)


def _file_errors(fleet: LoadedFleet, side: str) -> Iterator[Unreadable]:
    errors = [
        finding
        for finding in fleet.findings
        if finding.severity is Severity.ERROR and finding.agent is None and finding.place.file in SCHEMAS
    ]
    counts = Counter(finding.place.file for finding in errors)
    for file in sorted(counts):
        first = next(finding for finding in errors if finding.place.file == file)
        yield Unreadable(
            environment=None, agent=None, side=side, finding=first, further_findings=counts[file] - 1
        )


def blocked_folders(changed: ChangedFiles) -> Iterator[Unreadable]:
    """Links and nested repositories in the place of folders: git does not show the files behind them."""
    for path, modes in changed.items():
        # a link in place of a folder would hide every agent behind it
        is_folder = path.split("/")[0] in (*AGENT_FOLDERS, layout.GOVERNANCE) and path.count("/") < 2
        if is_folder and path not in SCHEMAS and modes & {LINK, SUBMODULE}:
            kind = "a symbolic link" if LINK in modes else "a repository of its own"
            finding = path_finding("link-in-agent", f"{kind}, no folder", path, "put the folder itself here")
            yield Unreadable(environment=None, agent=None, side="head", finding=finding, further_findings=0)


def malformed_trees(faults: Mapping[str, str]) -> Iterator[Unreadable]:
    """Folders of trees that git refuses, whose files are the same on both sides."""
    for path, fault in sorted(faults.items()):
        finding = path_finding(
            "file-unreadable", f"the tree of {path} is refused: {fault}", path, "git fsck --strict"
        )
        parts = path.split("/")
        environment, agent = parts[1:3] if parts[0] in AGENT_FOLDERS and len(parts) > 2 else (None, None)
        yield Unreadable(environment=environment, agent=agent, side="head", finding=finding)


def path_finding(rule: str, message: str, path: str, hint: str) -> Finding:
    """An error at a whole file or folder."""
    place = Place(file=printable_path(path))
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=place, hint=hint)
