"""Writing what was decided: folders and ledger in one commit, or nothing (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fleetward import __version__
from fleetward.domain import digest
from fleetward.domain.approval import Approval
from fleetward.domain.break_glass import BrokenGlass
from fleetward.domain.errors import Unwritten, UsageError
from fleetward.domain.ledger import Entry, Moved, PromotionKind
from fleetward.domain.verdict import Promotion
from fleetward.report import verdicts_json
from fleetward.store.fleet import suspension_override
from fleetward.store.git import commit_writer
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.history import whole
from fleetward.store.git.repository import Id
from fleetward.store.records import ledger as lines
from fleetward.store.records import load as records
from fleetward.workflows.context import RunContext
from fleetward.workflows.promotion.break_glass import review_by
from fleetward.workflows.promotion.candidates import Case
from fleetward.workflows.promotion.context import Hearing
from fleetward.workflows.promotion.sign import Seal

TOOL = f"fleetward {__version__}"


@contextmanager
def applying(run: RunContext) -> Iterator[bool]:
    """
    Hold the lock, and yield whether the work tree of a killed run was brought along first.

    Errors: Unwritten, naming what stands in the way.
    """
    with commit_writer.alone(find(run.folder, run.environment)):
        yield ready(run)


def ready(run: RunContext) -> bool:
    """
    Whether a killed run was finished now: its work tree follows its commit.

    Errors: Unwritten, naming files that are not committed.
    """
    ground = find(run.folder, run.environment)
    whole(ground.repository)
    head = ground.head()
    wrong = commit_writer.dirty(ground, head)
    if not wrong:
        return False
    if commit_writer.finish(ground, head):
        return True
    names = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
    raise Unwritten(f"not committed: {names}", hint="git status, then commit or stash")


def written_down(
    asked: Hearing,
    moving: Sequence[tuple[Case, Promotion]],
    remote: str | None,
    reason: str,
    incident: str | None = None,
    seal: Seal | None = None,
) -> Id:
    """
    Write folders and ledger in one commit, or nothing.

    *incident* is what the glass was broken for; *seal* signs the ledger's new lines and the commit.

    Errors: BranchMoved, Unwritten, GitError; FleetError where it cannot be signed.
    """
    ground, head = asked.ground, asked.head
    edits: dict[str, commit_writer.Blob | None] = {}
    for case, _ in moving:
        edits.update(folder_edits(asked, case))
    entries, content = _entries(
        asked, [promotion for _, promotion in moving], reason or _noted(asked, moving), incident
    )
    edits[lines.file_name(asked.target.name)] = commit_writer.Blob(content=content)
    if seal is not None:
        edits.update(seal.signatures(entries))
    message = _message(asked.target.name, [promotion for _, promotion in moving], entries)
    return commit_edits(asked.run, ground, head, edits, message, remote, seal)


def _noted(asked: Hearing, moving: Sequence[tuple[Case, Promotion]]) -> str:
    """Why an agent was suspended or resumed, as its proposal says, where nobody else said why."""
    files = (asked.fleet.proposals.get((asked.target.name, promotion.agent)) for _, promotion in moving)
    notes = {note for file in files if file is not None and (note := suspension_override.noted(file.content))}
    return notes.pop() if len(notes) == 1 else ""


def commit_edits(
    run: RunContext,
    ground: Ground,
    head: Id,
    edits: commit_writer.Edits,
    message: str,
    remote: str | None = None,
    seal: Seal | None = None,
) -> Id:
    """
    One commit on top of *head*, put under the branch in one swap, the work tree brought along.

    Errors: BranchMoved, Unwritten, GitError; before the swap nothing has changed.
    """
    dated = run.now if run.now_given else None
    new = commit_writer.build(ground, head, edits, message, dated, seal.commit if seal else None)
    branch = ground.repository.branch
    commit_writer.unobstructed(ground, head, new)
    if remote is not None:
        if branch is None:
            raise UsageError("--push needs a branch, HEAD is detached", hint="git switch BRANCH")
        commit_writer.push(ground, remote, branch, new)
    commit_writer.swap(ground, branch, new, head)
    commit_writer.bring_along(ground, head, new)
    return new


def folder_edits(asked: Hearing, case: Case) -> dict[str, commit_writer.Blob | None]:
    """
    What the promotion writes: the release byte for byte, its overrides, and the proposal gone.

    A rollback takes the release from where it was, and leaves the proposal to those who wrote it.
    """
    name, to = case.question.binding.agent, asked.target.name
    tree = asked.ground.commit(asked.head)
    folder, proposal = f"environments/{to}/{name}", f"proposals/{to}/{name}"
    past = asked.ground.commit(case.origin) if case.origin else tree
    standing = commit_writer.regular(tree.entries(folder))
    proposed = {} if case.origin else commit_writer.regular(tree.entries(proposal))
    edits: dict[str, commit_writer.Blob | None] = dict.fromkeys([*standing, *proposed])
    if case.question.kind is PromotionKind.RETIRE or case.source is None or case.candidate is None:
        return edits
    start = len(case.source.folder) + 1
    for path, blob in commit_writer.regular(past.entries(case.source.folder)).items():
        if path[start:] != digest.OVERRIDES:
            edits[f"{folder}/{path[start:]}"] = blob
    if case.candidate.file(digest.OVERRIDES):
        at = f"{folder}/{digest.OVERRIDES}"
        kept = commit_writer.regular(past.entries(folder)) if case.overrides_too else standing
        edits[at] = proposed.get(f"{proposal}/{digest.OVERRIDES}") or kept.get(at)
    return edits


def _entries(
    asked: Hearing, promotions: Sequence[Promotion], reason: str, incident: str | None
) -> tuple[tuple[Entry, ...], bytes]:
    """One ledger line for each kind, and the new content of the file."""
    tree = asked.ground.commit(asked.head)
    ledger, content = asked.ledger, b""
    governance = records.governance_digest(tree)
    actor = commit_writer.identity(asked.ground.repository)
    added = []
    for kind in sorted({promotion.kind for promotion in promotions if promotion.kind}):
        unit = [promotion for promotion in promotions if promotion.kind is kind]
        entry, content = lines.appended(
            ledger,
            kind=kind.value,
            at=asked.run.now,
            governance=governance,
            commit=asked.head,
            actor=actor,
            agents=tuple(_moved(promotion) for promotion in unit),
            policy_version=asked.policy.version,
            policy_sha256=asked.policy.sha256,
            approvals=_approvals(asked, unit),
            evidence=_evidence(asked, unit),
            requirements=tuple(
                {"agent": promotion.agent, **verdicts_json.requirement(need)}
                for promotion in unit
                for need in promotion.requirements
            ),
            reason=reason,
            tool=TOOL,
            break_glass=_glass(asked, unit, incident),
        )
        ledger = ledger.grown(entry)
        added.append(entry)
    return tuple(added), content


def _glass(asked: Hearing, unit: Iterable[Promotion], incident: str | None) -> BrokenGlass | None:
    if incident is None:
        return None
    skipped = {need.kind for promotion in unit for need in promotion.skipped}
    return BrokenGlass(incident=incident, skipped=tuple(sorted(skipped)), review_by=review_by(asked))


def _moved(promotion: Promotion) -> Moved:
    gone = promotion.kind is PromotionKind.RETIRE
    return Moved(
        agent=promotion.agent,
        from_state=promotion.from_state,
        to_state=None if gone else promotion.to_state,
        release=None if gone else promotion.release,
        generation=promotion.generation,
    )


def _counted(promotions: Iterable[Promotion]) -> frozenset[str]:
    return frozenset(file for promotion in promotions for file in promotion.counted)


def _approvals(asked: Hearing, unit: Sequence[Promotion]) -> tuple[dict[str, Any], ...]:
    counted, to = _counted(unit), asked.target.name
    return tuple(
        _approval(one)
        for promotion in unit
        for one in records.approvals(
            asked.ground, asked.law, to, promotion.agent, asked.people, now=asked.run.now
        )[0]
        if one.file in counted
    )


def _approval(one: Approval) -> dict[str, Any]:
    named = {
        "file": one.file,
        "sha256": one.sha256,
        "approver": one.approver,
        "assurance": one.assurance.word,
    }
    return named if one.signature is None else {**named, "signature": one.signature}


def _evidence(asked: Hearing, unit: Sequence[Promotion]) -> tuple[dict[str, Any], ...]:
    counted = _counted(unit)
    return tuple(
        {"file": one.file, "sha256": one.sha256}
        for promotion in unit
        for one in records.evidence(asked.ground, asked.head, promotion.agent, promotion.release)[0]
        if one.file in counted
    )


def _message(to: str, promotions: Sequence[Promotion], entries: Sequence[Entry]) -> str:
    """Fixed words, names and digests only: nothing that somebody else wrote ends up in a trailer."""
    names = ", ".join(sorted(promotion.agent for promotion in promotions))
    trailers = [
        *(
            f"Fleet-Promotion: {to}/{promotion.agent} {promotion.kind} {promotion.to_state}"
            for promotion in promotions
        ),
        *(f"Fleet-Ledger: {entry.seq} {digest.of_bytes(entry.line.encode())}" for entry in entries),
        *sorted({f"Fleet-Break-Glass: {one.break_glass.incident}" for one in entries if one.break_glass}),
    ]
    back = all(promotion.kind is PromotionKind.ROLLBACK for promotion in promotions)
    subject = f"roll back {names} in {to}" if back else f"promote {names} to {to}"
    if len(subject) > 72:
        subject = f"promote {len(promotions)} agents to {to}"
    return f"{subject}\n\n" + "\n".join(trailers) + "\n"
