"""Checks across governance files: unknown tiers in rule settings, and files with a wrong name."""

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
    """Rule settings for tiers that the policy does not define: they would never apply."""
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


def misnamed_files(paths: Collection[str]) -> Iterator[Finding]:
    """Files among *paths* that are not read, and whose names look like one that is: ``polcy.yaml``, ``policy.yml``."""
    folder = f"{layout.GOVERNANCE}/"
    stems = [path.removeprefix(folder).removesuffix(".yaml") for path in layout.GOVERNANCE_FILES]
    for path in sorted(paths):
        name = path.removeprefix(folder)
        stem, _, ending = name.rpartition(".")
        if not path.startswith(folder) or "/" in name or ending.lower() not in ("yaml", "yml"):
            continue
        nearest = nearest_name(stem, stems)
        if nearest is not None and f"{folder}{nearest}.yaml" not in paths:
            yield Finding(
                rule="file-unreadable",
                severity=Severity.ERROR,
                message=f"{path!r} is not read",
                place=Place(file=path),
                hint=f"git mv {path} {folder}{nearest}.yaml",
            )
