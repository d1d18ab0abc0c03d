"""The parts of the policy about an agent's life: who may stop it, and what is attested of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fleetward.domain import layout
from fleetward.domain.attestation import KINDS
from fleetward.domain.path import ItemKey, Step
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, AttestationKind, PolicyRule, RequiredAttestation, StopPolicy
from fleetward.store.fleet.governance.source import Notes, as_tuple, spelling_hint

SPECIAL = ("rollback", "breakGlass", "governance")
"""The rules that have a group of their own."""


def parse_stop(data: Mapping[str, Any] | None, people: People, notes: Notes) -> StopPolicy | None:
    """Who may suspend an agent alone."""
    if data is None:
        return None
    within = notes.span(data.get("reviewWithin"), ("stop", "reviewWithin"))
    by = _by(data, ("stop",), people, notes)
    return StopPolicy(by=by, review_within=within) if within is not None else None


def parse_attestation_kinds(
    data: Mapping[str, Any], tiers: tuple[str, ...], people: People, notes: Notes
) -> dict[str, AttestationKind]:
    """The kinds that the policy adds; a name that every fleet has already is an error."""
    kinds: dict[str, AttestationKind] = {}
    for name, item in data.items():
        at = ("attestations", name)
        if name.startswith("x-"):
            continue
        if name in KINDS:
            notes.error(f"every fleet has the kind {name!r}", at, "give your own kind another name")
            continue
        for tier in item.get("tiers") or ():
            if tier not in tiers:
                hint = spelling_hint(tier, tiers, f"tiers are {', '.join(tiers)}")
                notes.error(f"no tier {tier!r}", (*at, "tiers"), hint)
        of_fleet = item.get("scope") == "fleet"
        by = _by(item, at, people, notes)
        if of_fleet and OWNER in by:
            notes.error("the whole fleet has no owner", (*at, "by"), "name teams of governance/people.yaml")
        kinds[name] = AttestationKind(
            by=by,
            every=notes.period(item.get("every"), (*at, "every")),
            tiers=frozenset(item.get("tiers") or ()),
            of_fleet=of_fleet,
        )
    return kinds


def parse_required_attestation(
    data: Mapping[str, Any], at: tuple[Step, ...], notes: Notes
) -> RequiredAttestation:
    """A requirement ``attested``; check_attested_kinds checks its kind."""
    return RequiredAttestation(
        kind=data["attested"],
        max_age=notes.period(data.get("maxAge"), (*at, "maxAge")),
        outcomes=frozenset(data.get("outcome") or ()),
        count=data.get("count") or 1,
    )


def check_attested_kinds(
    rules: Iterable[PolicyRule], kinds: Mapping[str, AttestationKind], notes: Notes
) -> None:
    """An error for each rule that asks for a kind that nobody defined."""
    known = (*KINDS, *kinds)
    for rule in rules:
        at = (rule.id, "require") if rule.id in SPECIAL else ("rules", ItemKey(rule.id), "require")
        for required in rule.require:
            if isinstance(required, RequiredAttestation) and required.kind not in known:
                hint = spelling_hint(required.kind, known, f"define it under attestations in {layout.POLICY}")
                notes.error(f"no kind {required.kind!r} of attestation", at, hint)


def _by(data: Mapping[str, Any], at: tuple[Step, ...], people: People, notes: Notes) -> frozenset[str]:
    team_ids = {OWNER, *people.teams}
    names = as_tuple(data.get("by"))
    for name in names:
        if name not in team_ids:
            hint = spelling_hint(name, team_ids, "define it under teams in governance/people.yaml")
            notes.error(f"no team {name!r}", (*at, "by"), hint)
    return frozenset(names) & team_ids
