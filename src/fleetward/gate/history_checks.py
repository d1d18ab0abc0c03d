"""Checks of one first-parent commit: records, gated folders, policy version and configuration."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from fleetward.domain import layout
from fleetward.domain.audit import REGULAR_MODES, Break, FileStep, FirstParentCommit
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import Entry

_RECORDS = {
    layout.APPROVALS: "approval",
    layout.EVIDENCE: "evidence",
    layout.ATTESTATIONS: "attestation",
    layout.LEDGERS: "record",
}


def record_losses(commit: FirstParentCommit, unreadable: Collection[str] = ()) -> Iterator[Break]:
    """
    Approvals, evidence and signatures that were deleted or changed: records are append-only.

    What was *unreadable* before counted for nothing, so it may be taken out: a note.
    """
    for change in commit.changes:
        top = change.path.partition("/")[0]
        # a ledger only grows: that is checked line by line, not by its blob
        if top not in _RECORDS or change.path.endswith(layout.LEDGER_SUFFIX) or change.old is None:
            continue
        if change.path in unreadable:
            rule = f"{_RECORDS[top]}-{'deleted' if change.new is None else 'changed'}"
            message = "a file that was no readable record was taken out or changed"
            yield replace(file_break(commit, change, rule, message), severity=Severity.NOTE)
            continue
        if change.new is None:
            yield file_break(
                commit,
                change,
                f"{_RECORDS[top]}-deleted",
                "a record was deleted, and records are append-only",
            )
        elif change.mode_only:
            yield mode_break(commit, change)
        else:
            yield file_break(
                commit,
                change,
                f"{_RECORDS[top]}-changed",
                "a record was changed, and records are append-only",
            )


def changes_without_entry(
    commit: FirstParentCommit, environment: str, moved_agents: Collection[str], restored: Mapping[str, int]
) -> Iterator[Break]:
    """
    Changes of a gated environment's folders without a ledger entry in the same commit; one break an agent.

    Shape: *restored* holds by agent the number of the entry whose state the commit restores. That is only a note,
    because the change before it was reported itself.
    """
    # agents with an entry are compared by their states, which is stricter
    reported = set(moved_agents)
    for change in commit.changes_under(layout.environment_folder(environment)):
        agent = _agent(change.path)
        if agent in reported:
            continue
        reported.add(agent)
        changes = commit.changes_under(layout.agent_folder(environment, agent)) or (change,)
        if agent in restored:
            message = f"{agent} was restored in {environment} to the state of entry {restored[agent]}"
            restoration = file_break(commit, change, "unledgered-change", message, environment, agent)
            yield replace(restoration, severity=Severity.NOTE)
        elif all(c.mode_only for c in changes):
            yield mode_break(commit, change, environment, agent)
        else:
            message = f"{agent} was changed in {environment} without a ledger entry in this commit"
            yield file_break(commit, change, "unledgered-change", message, environment, agent)


def ledger_mode_changes(commit: FirstParentCommit, environment: str) -> Iterator[Break]:
    """A ledger file whose mode changed."""
    for change in commit.changes_under(layout.ledger_file(environment)):
        modes = {version.mode for version in (change.old, change.new) if version is not None}
        if len(modes) == 2 and modes == REGULAR_MODES:
            yield mode_break(commit, change, environment)


def lines_before_environment(commit: FirstParentCommit, environment: str) -> Break:
    """A ledger that had lines before anybody agreed to its environment: nobody verified them."""
    file = layout.ledger_file(environment)
    return Break(
        rule="policy-not-in-force",
        message=f"the ledger of {environment} had lines before governance knew {environment}",
        commit=commit.id,
        file=file,
        hint=f"git log --oneline -- {file}",
        environment=environment,
    )


def unrelated_changes(commit: FirstParentCommit, entries: Sequence[Entry]) -> Iterator[Break]:
    """The first change in a commit of ``--apply`` that no entry explains; removed proposals of its agents are fine."""
    to = entries[0].environment
    proposals = [
        f"{layout.proposal_folder(to, transition.agent)}/" for entry in entries for transition in entry.agents
    ]
    for change in commit.changes:
        # reported by changes_without_entry
        gated = change.path.startswith(f"{layout.environment_folder(to)}/")
        # a proposal is deleted by the promotion that takes it up
        is_removed_proposal = change.new is None and change.path.startswith(tuple(proposals))
        if not gated and not is_removed_proposal and not change.path.startswith(f"{layout.LEDGERS}/"):
            yield file_break(
                commit, change, "landing-mixed", "the commit holds changes beside its ledger entries"
            )
            return


def policy_version_drop(commit: str, before: int, after: int) -> Iterator[Break]:
    """An agreed policy whose version decreased; *commit* is a full id."""
    if after < before:
        file = layout.POLICY
        yield Break(
            rule="policy-lowered",
            message=f"the policy's version decreased from {before} to {after}",
            commit=commit,
            file=file,
            hint=f"git show {commit[:12]} -- {file}",
        )


def configuration_changes(
    commit: FirstParentCommit,
    before: FleetConfig | None,
    after: FleetConfig | None,
    ledger_environments: Collection[str],
) -> Iterator[Break]:
    """
    Changes of ``fleet-config.yaml``: an environment with a ledger that is no longer gated is a break.

    Any other change is a note: for entries of earlier versions the file was no part of governance.
    """
    file = layout.CONFIG
    for change in commit.changes_under(file):
        # the first commit of a fleet has no earlier gate to lose
        if change.old is None:
            continue
        # without environments nothing is gated: that would open every gate at once
        if after is None:
            yield file_break(
                commit,
                change,
                "gate-removed",
                "fleet-config.yaml cannot be read any more, so no environment is gated",
            )
            continue
        loosened = False
        for name in sorted(ledger_environments):
            was = before.environment(name) if before else None
            now = after.environment(name)
            # an unreadable file before counts as gated: a break in two steps is still one
            if (before is None or (was and was.gated)) and not (now and now.gated):
                loosened = True
                message = f"{name} has a ledger, but is no longer gated"
                yield file_break(commit, change, "gate-removed", message, name)
        if not loosened:
            yield Break(
                rule="config-changed",
                message="fleet-config.yaml was changed, which needed no approval then",
                commit=commit.id,
                file=file,
                severity=Severity.NOTE,
                hint=f"git show {commit.id[:12]} -- {file}",
            )


def agreed_gate_removals(
    commit: FirstParentCommit,
    before: FleetConfig | None,
    after: FleetConfig | None,
    ledger_environments: Collection[str],
) -> Iterator[Break]:
    """The environments with a ledger that lost their gate when an agreed configuration came into force: notes."""
    for name in sorted(ledger_environments):
        was, now = (config.environment(name) if config else None for config in (before, after))
        if was and was.gated and not (now and now.gated):
            yield Break(
                rule="gate-removed",
                message=f"{name} has a ledger, but is no longer gated, as was agreed",
                commit=commit.id,
                file=layout.CONFIG,
                severity=Severity.NOTE,
                hint=f"git show {commit.id[:12]}",
                environment=name,
            )


def _agent(path: str) -> str:
    parts = path.split("/")
    # a file right under environments/ENV belongs to no agent: its own name stands for it
    return parts[2] if len(parts) > 2 else parts[-1]


def mode_break(
    commit: FirstParentCommit, change: FileStep, environment: str | None = None, agent: str | None = None
) -> Break:
    """A file whose mode changed."""
    old, new = (version.mode if version else "none" for version in (change.old, change.new))
    message = f"its mode is {new}, it was {old}"
    return file_break(commit, change, "mode-changed", message, environment, agent)


def file_break(
    commit: FirstParentCommit,
    change: FileStep,
    rule: str,
    message: str,
    environment: str | None = None,
    agent: str | None = None,
) -> Break:
    """A break at a file that the commit changed."""
    return Break(
        rule=rule,
        message=message,
        commit=commit.id,
        file=change.path,
        hint=f"git show --stat {commit.id[:12]}",
        environment=environment,
        agent=agent,
    )
