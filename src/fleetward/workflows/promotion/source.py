"""What a promotion takes from the environment before: its release, nothing where that is retired, or none at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleetward.domain import layout
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.domain.verdict import Promotion
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.formats.document import DocumentCache, read_document
from fleetward.store.git.branch_history import first_parent_commits_of
from fleetward.workflows.promotion.context import PromotionContext

RETIRED = "retired"


def is_retired(source: Agent, documents: DocumentCache | None = None) -> bool:
    """
    Does the release itself say that the agent is at its end?

    Overrides cannot say so, nor take it back: what leaves an environment is decided where releases are made.
    """
    plain, _ = build_candidate(source, source.environment, None, proposed=False, documents=documents)
    return plain.manifest is not None and plain.manifest.lifecycle == RETIRED


def unreadable_agents(
    reading: LoadedFleet, fleet: Snapshot, environment: str, leaving: Sequence[str]
) -> Iterator[Finding]:
    """
    The agents of *environment* beside those *leaving* that cannot be read: each may need the first of these.

    Shape: one finding an agent, at the first place that is wrong with it.
    """
    for env, name in sorted(fleet.agents):
        agent = fleet.agents[env, name]
        if env != environment or agent.manifest is not None or name in leaving:
            continue
        problems = (
            finding for finding in reading.findings if (finding.environment, finding.agent) == (env, name)
        )
        first = next((finding for finding in problems if finding.severity is Severity.ERROR), None)
        place = first.place if first else Place(file=f"{agent.folder}/{layout.MANIFEST}")
        yield Finding(
            rule=first.rule if first else "manifest-missing",
            severity=Severity.ERROR,
            message=f"{first.message if first else 'it cannot be read'}, "
            f"so nobody can say whether {name!r} needs {leaving[0]!r}",
            place=place,
            environment=env,
            agent=name,
            hint=f"fleet validate {place.file}",
        )


def retired_by_overrides(proposed: Agent | None) -> Iterator[Finding]:
    """A release that is not retired does not become so by overrides: it would stay, and nobody would look at it."""
    if proposed is not None and proposed.manifest is not None and proposed.manifest.lifecycle == RETIRED:
        yield Finding(
            rule="override-not-allowed",
            severity=Severity.ERROR,
            message="lifecycle 'retired' cannot come from overrides",
            place=proposed.manifest.place("spec.lifecycle"),
            hint=f"fleet retire {proposed.name} --write",
        )


def changes_only_suspension(context: PromotionContext, name: str) -> bool:
    """
    Is all that is proposed to suspend the agent that runs, or to let it go on?

    Then nothing else moves: a brake that took the newest release along would have to wait for what that is asked.
    What runs though it says that it is retired is not braked: it goes. So does what was retired where releases come
    from after the brake had been proposed: the later word counts, or a brake that waits would keep the agent there.
    """
    key = (context.target.name, name)
    current, proposed = context.fleet.agents.get(key), context.fleet.proposals.get(key)
    if (
        current is None
        or proposed is None
        or is_retired(current, context.run.documents)
        or _retired_since(context, name)
    ):
        return False
    overrides = current.file(layout.OVERRIDES)
    before, after = (_patch(file.content if file else None) for file in (overrides, proposed))
    return before is not None and after is not None and differ_only_in_suspension(before, after)


def waiting_changes_note(context: PromotionContext, promotions: Iterable[Promotion]) -> str:
    """What is said where a brake goes ahead of a release that waits; empty where none does."""
    waiting = [
        promotion.agent
        for promotion in promotions
        if promotion.kind is PromotionKind.OVERRIDE
        and (
            (source := context.fleet.agents.get((context.sources[0], promotion.agent))) is None
            or source.release != promotion.release
        )
    ]
    verb = "changes" if len(waiting) > 1 else "change"
    where = context.sources[0]
    return (
        f"only spec.suspended moves: the {verb} of {', '.join(waiting)} in {where} will wait"
        if waiting
        else ""
    )


def differ_only_in_suspension(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Do these two merge patches differ in ``spec.suspended``, and in nothing else?"""
    differs = _suspension(before) is not _suspension(after)
    return differs and _without_suspension(before) == _without_suspension(after)


def _retired_since(context: PromotionContext, name: str) -> bool:
    """Is the agent gone from where releases come from, or retired there, and the proposal older than that?"""
    source = context.fleet.agents.get((context.sources[0], name))
    if source is not None and not (source.readable and is_retired(source, context.run.documents)):
        return False
    root, head = context.root, context.head
    proposal, folder = (
        layout.proposal_folder(context.target.name, name),
        layout.agent_folder(context.sources[0], name),
    )
    if not root.commit_tree(head).entries(proposal):  # it is about to be written
        return False
    return (
        first_parent_commits_of(root, head, None, [proposal])[-1:]
        != first_parent_commits_of(root, head, None, [proposal, folder])[-1:]
    )


def _patch(content: bytes | None) -> dict[str, Any] | None:
    """The merge patch in a file; empty where there is no file, None where it cannot be read."""
    if content is None:
        return {}
    parsed = read_document(content, layout.OVERRIDES, "overrides")
    return None if parsed.findings else parsed.data


def _suspension(patch: Mapping[str, Any]) -> Any:
    return (patch.get("spec") or {}).get("suspended", False)


def _without_suspension(patch: Mapping[str, Any]) -> dict[str, Any]:
    """The patch without the brake, and without a spec that is empty for it."""
    spec = {key: value for key, value in (patch.get("spec") or {}).items() if key != "suspended"}
    outside_spec = {key: value for key, value in patch.items() if key != "spec"}
    return {**outside_spec, **({"spec": spec} if spec else {})}
