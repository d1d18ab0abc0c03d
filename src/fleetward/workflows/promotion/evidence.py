"""The evaluation records that a promotion may count, and the states of the agent that ran them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fleetward.domain import layout
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.manifest import Agent
from fleetward.domain.policy import RequiredSoak
from fleetward.gate import PromotionRequest
from fleetward.store.git.soak_time import commit_dates, first_parent_commits_of
from fleetward.store.records import load as records
from fleetward.workflows.promotion.context import PromotionContext


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionEvidence:
    """Records about the release, and the findings of those that are lost and that cannot be read."""

    records: tuple[EvidenceRecord, ...]
    lost: tuple[Finding, ...]
    unreadable: tuple[Finding, ...]


def evidence_of(context: PromotionContext, agent: str, release: str | None) -> PromotionEvidence:
    """
    The records about *release*.

    Where another commit decides (``--base``), a record that only the judged commit holds is marked unless a robot
    signed it: a pull request cannot bring its own evidence.
    """
    now = context.run.now
    head, lost, unreadable = records.evidence(
        context.root, context.head, agent, release, context.people, now=now
    )
    at_head = PromotionEvidence(records=head, lost=lost, unreadable=unreadable)
    if context.base == context.head:
        return at_head
    base, _, _ = records.evidence(context.root, context.base, agent, release, context.people, now=now)
    known = {record.file for record in base}
    robots = context.people.robots
    added = (
        replace(record, not_in_base=record.signer not in robots)
        for record in at_head.records
        if record.file not in known
    )
    return replace(at_head, records=(*base, *added))


def with_source_states(
    context: PromotionContext, request: PromotionRequest, proposed: Agent | None
) -> PromotionRequest:
    """The request with what the source environments override and the target does not."""
    name = request.binding.agent
    if proposed is None:
        return request
    sources = [context.fleet.agents.get((env, name)) for env in context.sources]
    states = {
        source.state: tuple(overrides_beyond(source.overrides or {}, proposed.overrides or {}))
        for source in sources
        if source is not None and source.readable and source.release == request.release
    }
    return replace(request, source_states=states, same_state_since=_last_override_change(context, name))


def overrides_beyond(source: Mapping[str, Any], target: Mapping[str, Any]) -> Iterator[str]:
    """The paths that the overrides *source* touch and *target* does not, such as ``spec.model.name``."""
    for key, value in source.items():
        if key not in target:
            yield key
        elif isinstance(value, Mapping) and isinstance(target[key], Mapping):
            yield from (f"{key}.{path}" for path in overrides_beyond(value, target[key]))
        elif isinstance(target[key], Mapping):
            # a value in place of a whole group touches all that is in it
            yield key


def _last_override_change(context: PromotionContext, name: str) -> datetime | None:
    """When the overrides in a source environment were last changed; asked only where the policy has a use for it."""
    requirements = (requirement for rule in context.policy.rules for requirement in rule.require)
    if not any(isinstance(item, RequiredSoak) and item.same_state for item in requirements):
        return None
    paths = [f"{layout.agent_folder(env, name)}/{layout.OVERRIDES}" for env in context.sources]
    changes = first_parent_commits_of(context.root, context.head, None, paths)
    dates = commit_dates(context.root, context.head, context.run.now, changes[-1:])
    return next(iter(dates.values()), None)
