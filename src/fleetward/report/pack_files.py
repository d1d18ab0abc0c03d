"""The texts of an evidence pack, as files by name."""

from __future__ import annotations

from fleetward.domain.audit import Audit
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.domain.json_text import json_text
from fleetward.report import audit_json, audit_text, changes_json, changes_text, evidence_pack_readme
from fleetward.report.human import plain_text


def audit_files(audit: Audit) -> dict[str, bytes]:
    """The audit that the pack was made by, for people and for machines."""
    return {
        "audit.json": json_text(audit_json.render(audit)).encode(),
        "audit.txt": plain_text(audit_text.render(audit, next_command="fleet audit")).encode(),
    }


def change_files(change: FleetDiff) -> dict[str, bytes]:
    """What one entry changed, for people and for machines."""
    text = changes_text.render(change, verbose=True, next_command="fleet audit")
    return {
        "change.txt": plain_text(text).encode(),
        "change.json": json_text(changes_json.render(change)).encode(),
    }


def readme_files(audit: Audit, prefix: str) -> dict[str, bytes]:
    """How to read the pack; *prefix* is the folder of the fleet in its repository."""
    text = evidence_pack_readme.render(
        scope=audit_text.scope_text(audit),
        commit_range=audit_text.range_text(audit),
        last=audit.last,
        prefix=prefix,
    )
    return {"README.md": text.encode()}
