"""Write promotions: agent folders and ledger in one commit, or nothing (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from fleetward import __version__
from fleetward.domain import digest, layout
from fleetward.domain.break_glass import STOP, BreakGlassRecord, PromotionMode
from fleetward.domain.errors import UsageError, WriteFailed
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import TEST_CLOCK_MARK, AgentTransition, Entry, PromotionKind
from fleetward.domain.verdict import Promotion, left_out_words, skipped_kinds
from fleetward.store.fleet import suspension_override
from fleetward.store.git import commit_writer, work_tree_update
from fleetward.store.git.branch_commit import put_on_branch
from fleetward.store.git.file_history import require_full_history
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.push import PushTarget, push, push_target
from fleetward.store.git.repository import Id
from fleetward.store.records import ledger as ledger_chain
from fleetward.store.records import ledger_line
from fleetward.workflows.context import RunContext
from fleetward.workflows.promotion.break_glass import review_by
from fleetward.workflows.promotion.candidates import Candidate, Decided
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.sign import EntrySigner


def tool(run: RunContext) -> str:
    """What an entry says of the program that wrote it."""
    return f"fleetward {__version__}{TEST_CLOCK_MARK if run.test_clock else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPromotions:
    """The commit that was written, and the ledger entries in it."""

    commit: Id
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedCommits:
    """Commits that had waited here, and the branch that has them now."""

    target: PushTarget
    head: Id


@contextmanager
def apply_lock(run: RunContext) -> Iterator[bool]:
    """
    Hold the lock of the fleet; yields whether an interrupted run was finished first.

    Errors: WriteFailed, naming the lock or the files that are not committed.
    """
    # before anything is read: two runs must not build on the same head
    with commit_writer.apply_lock(find_fleet_root(run.folder, run.environment)):
        yield prepare_work_tree(run)


def prepare_work_tree(run: RunContext) -> bool:
    """
    Finish an interrupted run, if there is one, and return whether there was: its commit stands, its files lag behind.

    Errors: WriteFailed, naming files that are not committed.
    """
    root = find_fleet_root(run.folder, run.environment)
    # a shallow clone would hide approvals, entries and authors
    require_full_history(root.repository)
    head = root.head()
    # dirty files make --apply refuse: what was judged is the commit, not the work tree (SPEC 6)
    paths = work_tree_update.uncommitted_paths(root, head)
    if root.repository.branch is None:
        # a runner would end with a commit that no branch holds
        raise UsageError("HEAD is detached: no branch would hold the commit", hint="git switch BRANCH")
    if not paths:
        return False
    # the branch has moved but the files have not: only this tool leaves such a state
    if work_tree_update.finish_interrupted(root, head):
        return True
    names = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
    raise WriteFailed(f"not committed: {names}", hint="git status, then commit or stash")


def write_promotions(
    context: PromotionContext,
    decided: Sequence[Decided],
    remote: str | None,
    reason: str,
    incident: str | None = None,
    signer: EntrySigner | None = None,
) -> WrittenPromotions:
    """
    Write folders and ledger in one commit, or nothing.

    *incident* is the one of ``--break-glass``; *signer* signs the new ledger entries and the commit.

    Errors: BranchMoved, WriteFailed, GitError; FleetError where it cannot be signed.
    """
    edits: dict[str, commit_writer.Blob | None] = {}
    for candidate, _ in decided:
        edits.update(folder_edits(context, candidate))
    reason = reason or _proposal_reason(context, decided)
    entries, content = _ledger_entries(context, decided, reason, incident)
    edits[layout.ledger_file(context.target.name)] = commit_writer.Blob(content=content)
    if signer is not None:
        # signed before the commit is built: a refused key must leave nothing behind
        edits.update(signer.signatures(entries))
    message = _commit_message(context.target.name, [promotion for _, promotion in decided], entries)
    commit = commit_edits(context.run, context.root, context.head, edits, message, remote, signer)
    return WrittenPromotions(commit=commit, entries=entries)


def _proposal_reason(context: PromotionContext, decided: Sequence[Decided]) -> str:
    """The reason that a proposal gives for a suspension or its end; empty where it gives none, or two."""
    files = (context.fleet.proposals.get((context.target.name, promotion.agent)) for _, promotion in decided)
    notes = {
        note
        for file in files
        if file is not None and (note := suspension_override.suspension_note(file.content))
    }
    # two reasons would need a choice: the ledger then holds none
    return notes.pop() if len(notes) == 1 else ""


def commit_edits(
    run: RunContext,
    root: FleetRoot,
    head: Id,
    edits: commit_writer.Edits,
    message: str,
    remote: str | None = None,
    signer: EntrySigner | None = None,
) -> Id:
    """
    Build one commit on top of *head*, move the branch to it in one compare-and-swap, then update the work tree.

    Errors: BranchMoved, WriteFailed, GitError; before the branch moves nothing has changed.
    """
    # the test clock dates the commit too: the same input gives the same bytes
    dated = run.now if run.test_clock else None
    new = commit_writer.build_commit(root, head, edits, message, dated, signer.commit if signer else None)
    branch = root.repository.branch
    # where it goes is settled before the push: what is unclear must not have begun
    target = None if remote is None or branch is None else push_target(root.repository, remote, branch)
    put_on_branch(root, new, head, target)
    return new


def push_waiting_commits(context: PromotionContext, remote: str) -> PushedCommits | None:
    """
    Push what an earlier run committed and did not push; None where the remote is known to have it.

    Errors: BranchMoved, GitError.
    """
    repository = context.root.repository
    branch = repository.branch
    if branch is None:
        return None
    target = push_target(repository, remote, branch)
    if (
        target.tracking
        and repository.run("merge-base", "--is-ancestor", context.head, target.tracking).code == 0
    ):
        return None
    push(repository, target, context.head)
    return PushedCommits(target=target, head=context.head)


def folder_edits(context: PromotionContext, candidate: Candidate) -> dict[str, commit_writer.Blob | None]:
    """
    The files that a promotion writes: the release byte for byte and its overrides; the proposal is deleted.

    A rollback takes the release from the commit that had it, and keeps the proposal: its authors may still want it.
    """
    name, to = candidate.request.binding.agent, context.target.name
    stop = candidate.proposed.file(layout.OVERRIDES) if candidate.proposed else None
    if candidate.request.mode is PromotionMode.STOP and stop is not None:
        return {
            f"{layout.agent_folder(to, name)}/{layout.OVERRIDES}": commit_writer.Blob(content=stop.content)
        }
    tree = context.root.commit_tree(context.head)
    folder, proposal = layout.agent_folder(to, name), layout.proposal_folder(to, name)
    # a rollback takes the bytes that ran, not what the source folder holds today
    past = context.root.commit_tree(candidate.origin) if candidate.origin else tree
    existing = commit_writer.regular_blobs(tree.entries(folder))
    proposed = {} if candidate.origin else commit_writer.regular_blobs(tree.entries(proposal))
    # everything goes first: files that the release no longer has must not stay behind
    edits: dict[str, commit_writer.Blob | None] = dict.fromkeys([*existing, *proposed])
    if (
        candidate.request.kind is PromotionKind.RETIRE
        or candidate.source is None
        or candidate.proposed is None
    ):
        return edits
    start = len(candidate.source.folder) + 1
    manifest = candidate.proposed.manifest
    executables = manifest.executables if manifest else frozenset()
    for path, blob in commit_writer.regular_blobs(past.entries(candidate.source.folder)).items():
        # overrides belong to the environment: those of the source are never copied (SPEC 1)
        if path[start:] != layout.OVERRIDES:
            # a digest covers no modes: they are what the manifest says
            mode = "100755" if path[start:] in executables else "100644"
            edits[f"{folder}/{path[start:]}"] = replace(blob, mode=mode)
    if candidate.proposed.file(layout.OVERRIDES):
        target = f"{folder}/{layout.OVERRIDES}"
        # after a rollback with overrides those of its time apply, else those in place
        current = commit_writer.regular_blobs(past.entries(folder)) if candidate.with_overrides else existing
        edits[target] = proposed.get(f"{proposal}/{layout.OVERRIDES}") or current.get(target)
    return edits


def _ledger_entries(
    context: PromotionContext, decided: Sequence[Decided], reason: str, incident: str | None
) -> tuple[tuple[Entry, ...], bytes]:
    """One ledger entry for each kind of promotion, and the new content of the file."""
    ledger, content = context.ledger, b""
    actor = commit_writer.committer_email(context.root.repository)
    entries = []
    # one entry a kind: kind is a field of the line; sorted, so that the bytes are the same
    for kind in sorted({promotion.kind for _, promotion in decided if promotion.kind}):
        batch = [(candidate, promotion) for candidate, promotion in decided if promotion.kind is kind]
        promotions = [promotion for _, promotion in batch]
        approvals, evidence, attestations = _counted_records(batch)
        entry, content = ledger_chain.append(
            ledger,
            kind=kind.value,
            at=context.run.now,
            governance=context.governance.in_force.digest,
            commit=context.head,
            actor=actor,
            agents=tuple(map(_ledger_agent, promotions)),
            policy_version=context.policy.version,
            policy_sha256=context.policy.sha256,
            approvals=approvals,
            evidence=evidence,
            attestations=attestations,
            requirements=tuple(
                ledger_line.encode_requirement(promotion.agent, requirement)
                for promotion in promotions
                for requirement in promotion.requirements
            ),
            reason=reason,
            tool=tool(context.run),
            break_glass=_break_glass(context, promotions, incident),
        )
        # the next entry chains to this one, which no file holds yet
        ledger = ledger_chain.with_entry(ledger, entry)
        entries.append(entry)
    return tuple(entries), content


_Records = tuple[Mapping[str, Any], ...]


def _counted_records(batch: Sequence[Decided]) -> tuple[_Records, _Records, _Records]:
    """
    The approvals, evidence and attestations that counted, as an entry names them.

    Spare ones are left out: the audit recomputes which ones counted.
    """
    requests = [(candidate.request, promotion.counted) for candidate, promotion in batch]
    # one about the whole fleet counts for every agent, and is named once
    attestations = {
        attestation.file: ledger_line.encode_attestation(attestation)
        for request, counted in requests
        for attestation in request.attestations
        if attestation.file in counted
    }
    approvals = (
        ledger_line.encode_approval(approval)
        for request, counted in requests
        for approval in request.approvals
        if approval.file in counted
    )
    evidence = (
        ledger_line.encode_evidence(record)
        for request, counted in requests
        for record in request.evidence
        if record.file in counted
    )
    return tuple(approvals), tuple(evidence), tuple(attestations.values())


def _break_glass(
    context: PromotionContext, promotions: Iterable[Promotion], incident: str | None
) -> BreakGlassRecord | None:
    if incident is None:
        return None
    skipped = [requirement for promotion in promotions for requirement in promotion.skipped]
    stop = context.policy.stop if incident == STOP else None
    return BreakGlassRecord(
        incident=incident,
        skipped=skipped_kinds(skipped),
        review_by=context.run.now + stop.review_within if stop else review_by(context),
        left_out=left_out_words(skipped),
    )


def _ledger_agent(promotion: Promotion) -> AgentTransition:
    retired = promotion.kind is PromotionKind.RETIRE
    return AgentTransition(
        agent=promotion.agent,
        from_state=promotion.from_state,
        to_state=None if retired else promotion.to_state,
        release=None if retired else promotion.release,
        generation=promotion.generation,
        renamed_from=promotion.renamed_from,
    )


def _commit_message(to: str, promotions: Sequence[Promotion], entries: Sequence[Entry]) -> str:
    """Fixed words, names and digests only, so that no text of somebody else becomes a trailer."""
    names = ", ".join(sorted(promotion.agent for promotion in promotions))
    trailers = [
        *(
            f"Fleet-Promotion: {to}/{promotion.agent} {promotion.kind} {promotion.to_state}"
            for promotion in promotions
        ),
        *(f"Fleet-Ledger: {entry.seq} {digest.of_bytes(entry.line.encode())}" for entry in entries),
        *sorted(
            {f"Fleet-Break-Glass: {entry.break_glass.incident}" for entry in entries if entry.break_glass}
        ),
    ]
    all_rollbacks = all(promotion.kind is PromotionKind.ROLLBACK for promotion in promotions)
    subject = f"roll back {names} in {to}" if all_rollbacks else f"promote {names} to {to}"
    if any(entry.break_glass and entry.break_glass.is_stop for entry in entries):
        subject = f"suspend {names} in {to}"
    # the limit of a git subject in most viewers; the trailers name every agent
    if len(subject) > 72:
        subject = f"promote {len(promotions)} agents to {to}"
    return f"{subject}\n\n" + "\n".join(trailers) + "\n"
