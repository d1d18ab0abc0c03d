"""What a promotion takes from the source environment: a release, a retirement, or only a suspension."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleetward.domain import layout
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Agent, Manifest
from fleetward.domain.verdict import Promotion
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.formats.document import DocumentCache, read_document
from fleetward.store.git.soak_time import first_parent_commits_of
from fleetward.workflows.promotion.context import PromotionContext

RETIRED = "retired"
RETIRED_AT = "spec.retirement.retiredAt"


def is_retired(source: Agent, documents: DocumentCache | None = None) -> bool:
    """
    Whether the manifest of the release has lifecycle 'retired'.

    Overrides do not count: a retirement is decided in the source environment.
    """
    manifest = _released_manifest(source, documents)
    return manifest is not None and manifest.lifecycle == RETIRED


def _released_manifest(source: Agent, documents: DocumentCache | None) -> Manifest | None:
    # without overrides: an environment must not retire an agent on its own
    plain, _ = build_candidate(source, source.environment, None, proposed=False, documents=documents)
    return plain.manifest


def unreadable_agents(
    reading: LoadedFleet, fleet: Snapshot, environment: str, leaving: Sequence[str]
) -> Iterator[Finding]:
    """
    The agents of *environment* that cannot be read, other than *leaving*: each may depend on the first of these.

    Shape: one finding an agent, at its first error.
    """
    for env, name in sorted(fleet.agents):
        agent = fleet.agents[env, name]
        # those that leave together are judged themselves
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
    """An error where only the overrides say 'retired': the agent would stay, and not be checked any more."""
    if proposed is not None and proposed.manifest is not None and proposed.manifest.lifecycle == RETIRED:
        yield Finding(
            rule="override-not-allowed",
            severity=Severity.ERROR,
            message="lifecycle 'retired' cannot come from overrides",
            place=proposed.manifest.place("spec.lifecycle"),
            hint=f"fleet retire {proposed.name} --write",
        )


def undecided_retirement(context: PromotionContext, source: Agent | None) -> Iterator[Finding]:
    """
    An error where the release only says 'retired': nobody planned it, and a retired release does not enter.

    What ``fleet retire --write`` wrote says when that was decided, and takes the running agent away. So does a folder
    that is gone from the source. Versions before this one took every retired release for such a plan.
    """
    manifest = _released_manifest(source, context.run.documents) if source else None
    if manifest is None or manifest.lifecycle != RETIRED or context.by_earlier_version:
        return
    if not manifest.has(RETIRED_AT):
        yield Finding(
            rule="lifecycle-not-ready",
            severity=Severity.ERROR,
            # with the command: the report of a promotion shows no hints of errors
            message=f"lifecycle 'retired' does not enter {context.target.name}; "
            f"what takes {manifest.name} away there: fleet retire {manifest.name} --write",
            place=manifest.place("spec.lifecycle"),
            hint=f"fleet retire {manifest.name} --write: it writes {RETIRED_AT}",
        )


def changes_only_suspension(context: PromotionContext, name: str) -> bool:
    """
    Whether the proposal only suspends or resumes the running agent.

    Then the release stays: a suspension must not wait for the requirements of a new release. An agent whose running
    release is retired leaves instead. So does one that was retired in the source environment after the suspension was
    proposed: otherwise a pending suspension would keep it.
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
    # a patch that cannot be read might change anything: then it is no mere suspension
    before, after = (_patch(file.content if file else None) for file in (overrides, proposed))
    return before is not None and after is not None and differ_only_in_suspension(before, after)


def waiting_changes_note(context: PromotionContext, promotions: Iterable[Promotion]) -> str:
    """That a suspension is promoted before a waiting release, in words; empty where none waits."""
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
    """Whether two merge patches differ in ``spec.suspended``, and in nothing else."""
    # `is not`: absent and false are equal, a text or number is neither
    differs = _suspension(before) is not _suspension(after)
    return differs and _without_suspension(before) == _without_suspension(after)


def _retired_since(context: PromotionContext, name: str) -> bool:
    """Whether the agent was removed or retired in the source environment after its proposal was written."""
    # an agent that is gone from the source counts as retired there
    source = context.fleet.agents.get((context.sources[0], name))
    if source is not None and not (source.readable and is_retired(source, context.run.documents)):
        return False
    root, head = context.root, context.head
    proposal, folder = (
        layout.proposal_folder(context.target.name, name),
        layout.agent_folder(context.sources[0], name),
    )
    if not root.commit_tree(head).entries(proposal):  # not committed yet, so it is newer
        return False
    # the newest commit of either: is the last change that of the proposal?
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
    # JSON Merge Patch: null removes a key, so `spec: null` is possible
    return (patch.get("spec") or {}).get("suspended", False)


def _without_suspension(patch: Mapping[str, Any]) -> dict[str, Any]:
    """The patch without ``spec.suspended``, and without a spec that is empty then."""
    # an empty spec says nothing: with and without it the patches are equal
    spec = {key: value for key, value in (patch.get("spec") or {}).items() if key != "suspended"}
    outside_spec = {key: value for key, value in patch.items() if key != "spec"}
    return {**outside_spec, **({"spec": spec} if spec else {})}
