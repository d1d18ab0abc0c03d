"""A rule: a pure function that finds one kind of violation; its docstring is its documentation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One violation, before configuration and waivers; *severity* only if it differs from the rule's."""

    place: Place
    message: str
    hint: str = ""
    environment: str | None = None
    agent: str | None = None
    related: tuple[Place, ...] = ()
    missing_folders: tuple[str, ...] = ()
    """Folders of agents that the violation says are missing."""
    severity: Severity | None = None
    subject: str = ""
    """The path that it is about, also where it is absent."""
    is_uncertain: bool = False
    """True where it rests on what could not be read; it is then not reported."""


Check = Callable[[Snapshot, datetime], Iterator[Violation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule with its default severity; *unless* says in words where the default differs."""

    id: str
    severity: Severity
    docstring: str
    check: Check
    severity_exceptions: str = ""
    fleet_fields: Mapping[str, tuple[str, ...]] | None = None
    """The keys that it reads of every manifest, by path; None if it looks at each agent alone."""
    governance_check: Check | None = None
    """Finds the same wrong in governance files, where it belongs to no agent."""

    @property
    def doc(self) -> str:
        """The docstring without its indentation; removed here, so that importing the rules stays fast."""
        return inspect.cleandoc(self.docstring)

    @property
    def summary(self) -> str:
        """The violation in one sentence."""
        return " ".join(self.doc.partition("\n\n")[0].split())


def rule(
    rule_id: str,
    severity: Severity,
    *,
    severity_exceptions: str = "",
    fleet_fields: Mapping[str, tuple[str, ...]] | None = None,
    governance_check: Check | None = None,
) -> Callable[[Check], Rule]:
    """
    Make a rule of a check whose docstring holds a summary, Why, Bad, Good and Fix.

    A rule that compares agents, or reports none, lists in *fleet_fields* the keys that it reads of each manifest,
    by path: ``{"spec.dependsOn": ("agent", "optional")}``; ``{}`` if it reads no manifests.
    """

    def decorate(check: Check) -> Rule:
        docstring = check.__doc__ or ""
        return Rule(
            id=rule_id,
            severity=severity,
            docstring=docstring,
            check=check,
            severity_exceptions=severity_exceptions,
            fleet_fields=fleet_fields,
            governance_check=governance_check,
        )

    return decorate


_RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "spec.risk.tier": ("spec.risk", "spec.tools", "spec.purpose.users"),
    "spec.model": ("spec.model",),
    "spec.tools": ("spec.guardrails.humanReview", "spec.tools"),
    "spec.guardrails.humanReview.required": ("spec.tools",),
    "spec.orchestration": ("spec.budgets", "spec.class"),
    "spec.class": ("spec.orchestration",),
    "spec.pilot": ("spec.lifecycle",),
    "spec.disclosure": ("spec.purpose.users", "spec.risk.factors"),
}
"""By the fields that findings are about the fields that they follow from as well."""


def rests_on_seen(manifest: Manifest, path: str) -> bool:
    """Was everything read that a finding about *path* follows from?"""
    grounds = (
        ground
        for about, others in _RESTS_ON.items()
        if path == about or path.startswith((f"{about}.", f"{about}["))
        for ground in others
    )
    return manifest.sees(path) and not any(
        unseen == ground or unseen.startswith((f"{ground}.", f"{ground}[")) or ground.startswith(f"{unseen}.")
        for ground in grounds
        for unseen in manifest.unseen
    )


def violation(
    manifest: Manifest,
    path: str,
    message: str,
    hint: str,
    *,
    severity: Severity | None = None,
    related: tuple[Place, ...] = (),
    missing_agent: str | None = None,
) -> Violation:
    """A violation at *path* of a manifest; *missing_agent* is an agent that its environment lacks."""
    return Violation(
        place=manifest.place(path),
        message=message,
        hint=hint,
        environment=manifest.environment,
        agent=manifest.name,
        related=related,
        missing_folders=()
        if missing_agent is None
        else (layout.agent_folder(manifest.environment, missing_agent),),
        severity=severity,
        subject=path,
        is_uncertain=bool(manifest.unseen) and not rests_on_seen(manifest, path),
    )
