"""What governing files have to do with each other, and which of them nobody reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fleetward.domain import layout
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.names import nearest_name
from fleetward.domain.path import format_path
from fleetward.domain.policy import Policy
from fleetward.store.fleet.governance.source import spelling_hint


def unknown_tiers(config: FleetConfig, policy: Policy) -> Iterator[Finding]:
    """Settings of rules for tiers that the policy has not: they would never speak."""
    for rule, setting in config.rules.items():
        for tier in sorted(setting.tiers - frozenset(policy.tiers)):
            path = format_path(("rules", rule, "tiers"))
            yield Finding(
                rule="schema",
                severity=Severity.ERROR,
                message=f"no tier {tier!r}",
                place=config.locate(path) if config.locate else Place(file=layout.CONFIG, path=path),
                hint=spelling_hint(tier, policy.tiers, f"tiers are {', '.join(policy.tiers)}"),
            )


def misnamed_files(folder: str, paths: Collection[str], file_names: Collection[str]) -> Iterator[Finding]:
    """Files of *folder* that look like one of those that are read (*file_names*, without ending), and are none."""
    for path in sorted(paths):
        name = path.removeprefix(f"{folder}/")
        stem, _, ending = name.rpartition(".")
        intended = (
            nearest_name(stem, file_names) if ending.lower() in ("yaml", "yml") and "/" not in name else None
        )
        if intended is not None and f"{folder}/{intended}.yaml" not in paths:
            yield Finding(
                rule="file-unreadable",
                severity=Severity.ERROR,
                message=f"nobody reads {path!r}",
                place=Place(file=path),
                hint=f"git mv {path} {folder}/{intended}.yaml",
            )
