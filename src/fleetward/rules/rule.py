"""A rule: a pure function that finds one kind of wrong, and whose docstring is its documentation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One wrong, before it is weighed; *severity* only where it differs from the rule's."""

    place: Place
    message: str
    hint: str = ""
    environment: str | None = None
    agent: str | None = None
    related: tuple[Place, ...] = ()
    severity: Severity | None = None


Check = Callable[[Snapshot, datetime], Iterator[Wrong]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule with its default severity; *unless* says in words where that is another one."""

    id: str
    severity: Severity
    doc: str
    check: Check
    unless: str = ""

    @property
    def summary(self) -> str:
        """The wrong in one sentence."""
        return " ".join(self.doc.partition("\n\n")[0].split())


def rule(rule_id: str, severity: Severity, *, unless: str = "") -> Callable[[Check], Rule]:
    """Make a rule of a check; its docstring says the wrong, why, bad, good and the fix."""

    def made(check: Check) -> Rule:
        doc = inspect.cleandoc(check.__doc__ or "")
        return Rule(id=rule_id, severity=severity, doc=doc, check=check, unless=unless)

    return made


def wrong(
    manifest: Manifest,
    path: str,
    message: str,
    hint: str,
    *,
    severity: Severity | None = None,
    related: tuple[Place, ...] = (),
) -> Wrong:
    """A wrong at *path* of a manifest."""
    return Wrong(
        place=manifest.place(path),
        message=message,
        hint=hint,
        environment=manifest.environment,
        agent=manifest.name,
        related=related,
        severity=severity,
    )
