"""Who owns an agent: the people behind the names of a manifest."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from fleetward.domain.change import Change
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import People


def owners(manifest: Manifest | None, people: People, when: datetime) -> frozenset[str]:
    """The active people of the owner team, plus accountable person and backup."""
    if manifest is None:
        return frozenset()
    names = (manifest.get("spec.owner.accountable"), manifest.get("spec.owner.backup"))
    individuals = frozenset(name for name in names if isinstance(name, str) and people.is_active(name, when))
    team = manifest.get("spec.owner.team")
    return people.members(team, when) | individuals if isinstance(team, str) else individuals


def named_somebody(name: Any, people: People, when: datetime) -> frozenset[str]:
    """The active people behind a name that is a person or a team."""
    if not isinstance(name, str):
        return frozenset()
    individual = frozenset({name}) if people.is_active(name, when) else frozenset[str]()
    return people.members(name, when) | individual


_FIELDS = re.compile(
    r"spec\.(owner\.(team|accountable|backup|roles\.(prompts|knowledge|incidents|escalation)"
    r"|contact(\.(chat|email|onCall|url))?)"
    r"|knowledge\[[^\]]*\]\.owner|escalation\.responsible|guardrails\.humanReview\.approvers"
    r"|observability\.outputReview\.by)"
)


def is_ownership(change: Change) -> bool:
    """Does the change put people or teams, or how to reach them, into a field for them? Emptying one does not."""
    return bool(_FIELDS.fullmatch(change.path)) and change.after not in (None, "", {})
