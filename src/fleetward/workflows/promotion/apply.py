"""Writing what was decided: folders and ledger in one commit, or nothing (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fleetward import __version__
from fleetward.domain import digest, layout
from fleetward.domain.approval import Approval
from fleetward.domain.break_glass import BreakGlassRecord
from fleetward.domain.errors import UsageError, WriteFailed
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.domain.verdict import Promotion
from fleetward.report import verdicts_json
from fleetward.store.fleet import suspension_override
from fleetward.store.git import commit_writer
from fleetward.store.git.file_history import require_full_history
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import Id
from fleetward.store.records import ledger as lines
from fleetward.store.records import load as records
from fleetward.workflows.context import RunContext
from fleetward.workflows.promotion.break_glass import review_by
from fleetward.workflows.promotion.candidates import Candidate
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.sign import EntrySigner

TOOL = f"fleetward {__version__}"


@contextmanager
def apply_lock(run: RunContext) -> Iterator[bool]:
    """
    Hold the lock, and yield whether the work tree of a killed run was brought along first.

    Errors: Unwritten, naming what stands in the way.
    """
    with commit_writer.apply_lock(find_fleet_root(run.folder, run.environment)):
        yield prepare_work_tree(run)


def prepare_work_tree(run: RunContext) -> bool:
    """
    Whether a killed run was finished now: its work tree follows its commit.

    Errors: Unwritten, naming files that are not committed.
    """
    root = find_fleet_root(run.folder, run.environment)
    require_full_history(root.repository)
    head = root.head()
    paths = commit_writer.uncommitted_paths(root, head)
    if not paths:
        return False
    if commit_writer.finish_interrupted(root, head):
        return True
    names = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
    raise WriteFailed(f"not committed: {names}", hint="git status, then commit or stash")


def write_promotions(
    context: PromotionContext,
    decided: Sequence[tuple[Candidate, Promotion]],
    remote: str | None,
    reason: str,
    incident: str | None = None,
    signer: EntrySigner | None = None,
) -> Id:
    """
    Write folders and ledger in one commit, or nothing.

    *incident* is what the glass was broken for; *signer* signs the ledger's new lines and the commit.

    Errors: BranchMoved, Unwritten, GitError; FleetError where it cannot be signed.
    """
    root, head = context.root, context.head
    edits: dict[str, commit_writer.Blob | None] = {}
    for candidate, _ in decided:
        edits.update(folder_edits(context, candidate))
    entries, content = _ledger_entries(
        context,
        [promotion for _, promotion in decided],
        reason or _proposal_reason(context, decided),
        incident,
    )
    edits[layout.ledger_file(context.target.name)] = commit_writer.Blob(content=content)
    if signer is not None:
        edits.update(signer.signatures(entries))
    message = _commit_message(context.target.name, [promotion for _, promotion in decided], entries)
    return commit_edits(context.run, root, head, edits, message, remote, signer)


def _proposal_reason(context: PromotionContext, decided: Sequence[tuple[Candidate, Promotion]]) -> str:
    """Why an agent was suspended or resumed, as its proposal says, where nobody else said why."""
    files = (context.fleet.proposals.get((context.target.name, promotion.agent)) for _, promotion in decided)
    notes = {
        note
        for file in files
        if file is not None and (note := suspension_override.suspension_note(file.content))
    }
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
    One commit on top of *head*, put under the branch in one swap, the work tree brought along.

    Errors: BranchMoved, Unwritten, GitError; before the swap nothing has changed.
    """
    dated = run.now if run.now_given else None
    new = commit_writer.build_commit(root, head, edits, message, dated, signer.commit if signer else None)
    branch = root.repository.branch
    commit_writer.check_work_tree(root, head, new)
    if remote is not None:
        if branch is None:
            raise UsageError("--push needs a branch, HEAD is detached", hint="git switch BRANCH")
        commit_writer.push(root, remote, branch, new)
    commit_writer.update_branch(root, branch, new, head)
    commit_writer.update_work_tree(root, head, new)
    return new


def folder_edits(context: PromotionContext, candidate: Candidate) -> dict[str, commit_writer.Blob | None]:
    """
    What the promotion writes: the release byte for byte, its overrides, and the proposal gone.

    A rollback takes the release from where it was, and leaves the proposal to those who wrote it.
    """
    name, to = candidate.request.binding.agent, context.target.name
    tree = context.root.commit_tree(context.head)
    folder, proposal = layout.agent_folder(to, name), layout.proposal_folder(to, name)
    past = context.root.commit_tree(candidate.origin) if candidate.origin else tree
    standing = commit_writer.regular_blobs(tree.entries(folder))
    proposed = {} if candidate.origin else commit_writer.regular_blobs(tree.entries(proposal))
    edits: dict[str, commit_writer.Blob | None] = dict.fromkeys([*standing, *proposed])
    if (
        candidate.request.kind is PromotionKind.RETIRE
        or candidate.source is None
        or candidate.proposed is None
    ):
        return edits
    start = len(candidate.source.folder) + 1
    for path, blob in commit_writer.regular_blobs(past.entries(candidate.source.folder)).items():
        if path[start:] != layout.OVERRIDES:
            edits[f"{folder}/{path[start:]}"] = blob
    if candidate.proposed.file(layout.OVERRIDES):
        target = f"{folder}/{layout.OVERRIDES}"
        current = commit_writer.regular_blobs(past.entries(folder)) if candidate.with_overrides else standing
        edits[target] = proposed.get(f"{proposal}/{layout.OVERRIDES}") or current.get(target)
    return edits


def _ledger_entries(
    context: PromotionContext, promotions: Sequence[Promotion], reason: str, incident: str | None
) -> tuple[tuple[Entry, ...], bytes]:
    """One ledger line for each kind, and the new content of the file."""
    tree = context.root.commit_tree(context.head)
    ledger, content = context.ledger, b""
    governance = records.governance_digest(tree)
    actor = commit_writer.committer_email(context.root.repository)
    entries = []
    for kind in sorted({promotion.kind for promotion in promotions if promotion.kind}):
        batch = [promotion for promotion in promotions if promotion.kind is kind]
        entry, content = lines.append(
            ledger,
            kind=kind.value,
            at=context.run.now,
            governance=governance,
            commit=context.head,
            actor=actor,
            agents=tuple(_ledger_agent(promotion) for promotion in batch),
            policy_version=context.policy.version,
            policy_sha256=context.policy.sha256,
            approvals=_approvals(context, batch),
            evidence=_evidence(context, batch),
            requirements=tuple(
                {"agent": promotion.agent, **verdicts_json.encode_requirement(need)}
                for promotion in batch
                for need in promotion.requirements
            ),
            reason=reason,
            tool=TOOL,
            break_glass=_break_glass(context, batch, incident),
        )
        ledger = ledger.with_entry(entry)
        entries.append(entry)
    return tuple(entries), content


def _break_glass(
    context: PromotionContext, batch: Iterable[Promotion], incident: str | None
) -> BreakGlassRecord | None:
    if incident is None:
        return None
    skipped = {need.kind for promotion in batch for need in promotion.skipped}
    return BreakGlassRecord(incident=incident, skipped=tuple(sorted(skipped)), review_by=review_by(context))


def _ledger_agent(promotion: Promotion) -> AgentTransition:
    retired = promotion.kind is PromotionKind.RETIRE
    return AgentTransition(
        agent=promotion.agent,
        from_state=promotion.from_state,
        to_state=None if retired else promotion.to_state,
        release=None if retired else promotion.release,
        generation=promotion.generation,
    )


def _counted(promotions: Iterable[Promotion]) -> frozenset[str]:
    return frozenset(file for promotion in promotions for file in promotion.counted)


def _approvals(context: PromotionContext, batch: Sequence[Promotion]) -> tuple[dict[str, Any], ...]:
    counted, to = _counted(batch), context.target.name
    return tuple(
        _approval(approval)
        for promotion in batch
        for approval in records.approvals(
            context.root, context.policy_commit, to, promotion.agent, context.people, now=context.run.now
        )[0]
        if approval.file in counted
    )


def _approval(approval: Approval) -> dict[str, Any]:
    fields = {
        "file": approval.file,
        "sha256": approval.sha256,
        "approver": approval.approver,
        "assurance": approval.assurance.word,
    }
    return fields if approval.signature is None else {**fields, "signature": approval.signature}


def _evidence(context: PromotionContext, batch: Sequence[Promotion]) -> tuple[dict[str, Any], ...]:
    counted = _counted(batch)
    return tuple(
        {"file": record.file, "sha256": record.sha256}
        for promotion in batch
        for record in records.evidence(context.root, context.head, promotion.agent, promotion.release)[0]
        if record.file in counted
    )


def _commit_message(to: str, promotions: Sequence[Promotion], entries: Sequence[Entry]) -> str:
    """Fixed words, names and digests only: nothing that somebody else wrote ends up in a trailer."""
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
    if len(subject) > 72:
        subject = f"promote {len(promotions)} agents to {to}"
    return f"{subject}\n\n" + "\n".join(trailers) + "\n"
