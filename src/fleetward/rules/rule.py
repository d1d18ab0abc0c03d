"""A rule: a pure function that finds one kind of wrong, and whose docstring is its documentation."""

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
    """One wrong, before it is weighed; *severity* only where it differs from the rule's."""

    place: Place
    message: str
    hint: str = ""
    environment: str | None = None
    agent: str | None = None
    related: tuple[Place, ...] = ()
    absent: tuple[str, ...] = ()
    """Folders of agents that are not there, where that is what is wrong."""
    severity: Severity | None = None


Check = Callable[[Snapshot, datetime], Iterator[Violation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule with its default severity; *unless* says in words where that is another one."""

    id: str
    severity: Severity
    docstring: str
    check: Check
    unless: str = ""
    fleet_fields: Mapping[str, tuple[str, ...]] | None = None
    """What it reads of every manifest, by path the keys there; None where it looks at each agent alone."""

    @property
    def doc(self) -> str:
        """The docstring without its indentation, which is taken off when somebody reads it."""
        return inspect.cleandoc(self.docstring)

    @property
    def summary(self) -> str:
        """The wrong in one sentence."""
        return " ".join(self.doc.partition("\n\n")[0].split())


def rule(
    rule_id: str,
    severity: Severity,
    *,
    unless: str = "",
    fleet_fields: Mapping[str, tuple[str, ...]] | None = None,
) -> Callable[[Check], Rule]:
    """
    Make a rule of a check; its docstring says the wrong, why, bad, good and the fix.

    A rule that compares agents, or speaks of none, says with *fleet_fields* what it reads of each.
    """

    def decorate(check: Check) -> Rule:
        docstring = check.__doc__ or ""
        return Rule(
            id=rule_id,
            severity=severity,
            docstring=docstring,
            check=check,
            unless=unless,
            fleet_fields=fleet_fields,
        )

    return decorate


def violation(
    manifest: Manifest,
    path: str,
    message: str,
    hint: str,
    *,
    severity: Severity | None = None,
    related: tuple[Place, ...] = (),
    absent: str | None = None,
) -> Violation:
    """A wrong at *path* of a manifest; *absent* is an agent that its environment lacks."""
    return Violation(
        place=manifest.place(path),
        message=message,
        hint=hint,
        environment=manifest.environment,
        agent=manifest.name,
        related=related,
        absent=() if absent is None else (layout.agent_folder(manifest.environment, absent),),
        severity=severity,
    )
