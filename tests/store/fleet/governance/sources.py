"""Sources and policies for tests of governance files."""

from __future__ import annotations

from typing import Any

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.path import lookup
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.store.fleet.governance.policy import parse_policy
from fleetward.store.fleet.governance.source import Source
from tests import build

PEOPLE = build.people({"payments": ["alice", "carla"], "risk": ["bob", "gita"]})


def source(file: str, data: Any) -> Source:
    """A source that locates only paths that exist: a finding at any other path fails the test."""

    def locate(path: str) -> Place:
        assert lookup(data, path)[0] or path == "", f"{path!r} does not exist"
        return Place(file=file, line=7, path=path)

    return Source(file=file, sha256="sha256:" + "1" * 64, locate=locate)


def finding_paths(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    assert all(finding.severity is Severity.ERROR and finding.hint for finding in findings)
    return [(finding.rule, finding.place.path) for finding in findings]


def read_policy(people: People = PEOPLE, **changes: Any) -> tuple[Policy | None, tuple[Finding, ...]]:
    data = {
        "version": 3,
        "tiers": ["low", "medium", "high"],
        "rules": [rule("every-change", {"approvals": 1, "from": "owner"})],
        **changes,
    }
    return parse_policy(data, source("governance/policy.yaml", data), people)


def rule(
    name: str, *require: dict[str, Any], when: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    return {"id": name, "when": when or {"to": "production"}, "require": list(require), **fields}
