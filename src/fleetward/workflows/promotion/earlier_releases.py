"""The releases of an agent that ran before, and the one that ``fleet rollback`` goes back to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from fleetward.domain import digest
from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import AgentTransition, Entry
from fleetward.workflows.promotion.context import PromotionContext

_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{12,64})")
_MAX_LISTED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRelease:
    """A release that ran before: the last ledger entry that promoted it, and when the next one replaced it."""

    entry: Entry
    agent: AgentTransition
    replaced_at: datetime

    @property
    def release(self) -> str:
        """Its digest."""
        return str(self.agent.release)


def select_release(context: PromotionContext, name: str, release: str | None) -> EarlierRelease:
    """
    The earlier release that *release* names; None: the newest one that no rollback holds.

    Errors: UsageError where there is no such release.
    """
    to = context.target.name
    transitions = context.ledger.transitions(name)
    running = transitions[-1][1].release if transitions else None
    if running is None:
        message = f"{name!r} does not run in {to}: nothing to roll back"
        raise UsageError(message, hint=f"fleet log{context.run.chdir}")
    releases = earlier_releases(transitions)
    if release is None:
        for earlier in releases:
            # a held release was rolled back itself: going there needs an explicit choice
            if context.ledger.rollback_hold(name, earlier.release) is None:
                return earlier
        if releases:
            message = f"every earlier release of {name!r} in {to} is held by a rollback: choose one"
            raise UsageError(message, hint=_choices_hint(releases))
        message = f"{name!r} has no earlier release in {to} to roll back to"
        raise UsageError(message, hint=_suspend_hint(context, name))
    # matched whole: a loose prefix could name another release
    match = _PREFIX.fullmatch(release)
    start = f"sha256:{match[1]}" if match else ""
    # a prefix has to be unique; several matches are answered with the choices
    matches = [earlier for earlier in releases if start and earlier.release.startswith(start)]
    if len(matches) == 1:
        return matches[0]
    hint = _choices_hint(releases) or _suspend_hint(context, name)
    if start and running.startswith(start):
        raise UsageError(f"{name!r} runs {running} now", hint=hint)
    raise UsageError(f"{name!r} has no earlier release {release!r} in {to}", hint=hint)


def earlier_releases(transitions: Sequence[tuple[Entry, AgentTransition]]) -> tuple[EarlierRelease, ...]:
    """
    Every release that ran before the present one, the newest entry first.

    Shape: *transitions* are all entries of one agent, oldest first.
    """
    replaced: dict[str, EarlierRelease] = {}
    for (entry, agent), (next_entry, next_agent) in pairwise(transitions):
        # the last time counts: a release may have run more than once
        if agent.release is not None and agent.release != next_agent.release:
            replaced[agent.release] = EarlierRelease(entry=entry, agent=agent, replaced_at=next_entry.at)
    running = transitions[-1][1].release if transitions else None
    # the running one may have run earlier, too: there is nothing to go back to
    releases = [earlier for release, earlier in replaced.items() if release != running]
    return tuple(sorted(releases, key=lambda earlier: earlier.entry.seq, reverse=True))


def _choices_hint(releases: Sequence[EarlierRelease]) -> str:
    """The releases to choose from, with the days between which each of them ran."""
    choices = [
        f"{digest.short(earlier.release)} ({earlier.entry.at:%Y-%m-%d} to {earlier.replaced_at:%Y-%m-%d})"
        for earlier in releases[:_MAX_LISTED]
    ]
    return f"--to one of: {', '.join(choices)}" if choices else ""


def _suspend_hint(context: PromotionContext, name: str) -> str:
    return f"fleet suspend{context.run.chdir} {name} --env {context.target.name} --reason TEXT"
