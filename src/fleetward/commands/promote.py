"""``fleet promote``: evaluate and explain; write only with ``--apply``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Annotated, Any

import typer

from fleetward import __version__, gate
from fleetward.commands import supposing
from fleetward.commands.hearing import Hearing, hearing
from fleetward.commands.judging import Case, cases, decided
from fleetward.commands.partial import standing
from fleetward.commands.session import Session
from fleetward.domain import digest
from fleetward.domain.errors import Exit, Unwritten, UsageError
from fleetward.domain.ledger import Entry, Moved
from fleetward.domain.verdict import Met, Promotion, PromotionKind, Verdict
from fleetward.report import verdicts_json, verdicts_markdown, verdicts_text
from fleetward.report.page import line, span
from fleetward.store import ledger as lines
from fleetward.store import records, writer
from fleetward.store.git import Id
from fleetward.store.ground import Ground, find
from fleetward.store.history import whole

TOOL = f"fleetward {__version__}"


def promote(
    session: Session,
    agents: Annotated[list[str], typer.Argument(metavar="AGENT...", help="The agents, as one unit.")],
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="Where they should run.")],
    source: Annotated[str | None, typer.Option("--from", metavar="ENV", help="Where they come from.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write it, if it is allowed.")] = False,
    push: Annotated[
        str | None, typer.Option("--push", metavar="REMOTE", help="With --apply: push it.")
    ] = None,
    base: Annotated[
        str | None, typer.Option("--base", metavar="REV", help="Judge by policy and approvals of REV.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Goes into the ledger.")] = "",
    partial: Annotated[
        bool, typer.Option("--partial", help="Those that stand on their own go, the others wait.")
    ] = False,
    as_: supposing.As = None,
    at: supposing.At = None,
) -> Exit:
    """Judge whether agents may go to an environment; say what is missing, and who could give it."""
    if push and not apply:
        raise UsageError("--push goes with --apply", hint="add --apply")
    if base and apply:
        raise UsageError("--base judges a pull request, --apply writes: choose one", hint="leave --base out")
    if apply and (as_ or at):
        raise UsageError("--as and --at only suppose, --apply writes: choose one", hint="leave --apply out")
    with applying(session) if apply else nullcontext():
        return _judged(
            session,
            agents,
            to,
            source,
            apply=apply,
            push=push,
            base=base,
            reason=reason,
            partial=partial,
            as_=as_,
            at=at,
        )


def _judged(
    session: Session,
    agents: Sequence[str],
    to: str,
    source: str | None,
    *,
    apply: bool,
    push: str | None,
    base: str | None,
    reason: str,
    partial: bool,
    as_: list[str] | None,
    at: str | None,
) -> Exit:
    session = supposing.at_that_time(session, at)
    asked = hearing(session, to=to, source=source, base=base, agents=agents)
    asked = replace(asked, supposed=supposing.known(as_, asked.people))
    argued, promotions = standing(asked, agents) if partial else _whole(asked, agents)
    verdict = gate.conclusion(promotions)
    written: Id | None = None
    if apply and (partial or verdict is Verdict.ALLOWED) and (moving := _moving(argued, promotions)):
        written = _apply(asked, moving, push, reason)
    _report(asked, promotions, verdict, written, partial=partial, at=at)
    return Exit.YES if verdict in (Verdict.ALLOWED, Verdict.UNCHANGED) else Exit.NO


def _whole(asked: Hearing, agents: Sequence[str]) -> tuple[tuple[Case, ...], tuple[Promotion, ...]]:
    """All or none: every agent judged beside all the others."""
    argued = cases(asked, agents)
    return argued, decided(asked, argued)


def _moving(argued: Sequence[Case], promotions: Sequence[Promotion]) -> tuple[tuple[Case, Promotion], ...]:
    """The allowed ones, each with its case."""
    allowed = {one.agent: one for one in promotions if one.verdict is Verdict.ALLOWED}
    names = ((case, case.question.binding.agent) for case in argued)
    return tuple((case, allowed[name]) for case, name in names if name in allowed)


def _report(
    asked: Hearing,
    promotions: Sequence[Promotion],
    verdict: Verdict,
    written: Id | None,
    *,
    partial: bool,
    at: str | None,
) -> None:
    session, to = asked.session, asked.target.name
    supposed = supposing.as_data(session, asked.supposed, at)
    next_command = _next(asked, promotions, verdict, written, partial=partial, supposed=supposed is not None)

    def as_data() -> dict[str, Any]:
        data = verdicts_json.render(
            promotions, to=to, sources=asked.sources, commit=asked.head, policy=asked.policy
        )
        held = [{"agent": one.agent, "why": _why(one)} for one in _held(promotions)] if partial else []
        more = {"applied": written is not None, "written": written, "held": held, "supposed": supposed}
        return {**data, **more}

    session.report(
        {
            "text": lambda: (
                *supposing.preface(session, asked.supposed, at),
                *verdicts_text.render(
                    promotions,
                    to=to,
                    sources=asked.sources,
                    commit=asked.head,
                    policy=asked.policy,
                    next_command=next_command,
                    verbose=session.verbose,
                    now=session.now,
                ),
            ),
            "json": as_data,
            "markdown": lambda: verdicts_markdown.render(
                promotions,
                to=to,
                sources=asked.sources,
                commit=asked.head,
                policy=asked.policy,
                next_command=next_command,
                supposed=supposing.told(session, asked.supposed, at),
            ),
        }
    )
    if written:
        session.tell((line(span("written", "good"), f" as commit {written}, ledger/{to}.jsonl"),))


def _held(promotions: Iterable[Promotion]) -> tuple[Promotion, ...]:
    return tuple(one for one in promotions if one.verdict in (Verdict.PENDING, Verdict.BLOCKED))


def _why(one: Promotion) -> str:
    """What keeps it, in the words of its requirements."""
    open_ = (need for need in one.requirements if need.status is not Met.MET)
    return "; ".join(f"{need.kind} {need.asked}: {need.detail or need.status}" for need in open_)


def _next(
    asked: Hearing,
    promotions: Sequence[Promotion],
    verdict: Verdict,
    written: Id | None,
    *,
    partial: bool,
    supposed: bool,
) -> str:
    """The command that brings this promotion on."""
    names = " ".join(one.agent for one in promotions)
    to = asked.target.name
    where = asked.session.here
    if written:
        return f"fleet diff{where} {asked.head[:12]}..{written[:12]}"
    if supposed:  # what was supposed has yet to come true
        return f"fleet promote{where} {names} --to {to}"
    if verdict is Verdict.ALLOWED:
        return f"fleet promote{where} {names} --to {to} --apply"
    if partial and any(one.verdict is Verdict.ALLOWED for one in promotions):
        return f"fleet promote{where} {names} --to {to} --partial --apply"
    if verdict is Verdict.UNCHANGED:
        return f"fleet validate{where}"
    stuck = next(one for one in promotions if one.verdict in (Verdict.PENDING, Verdict.BLOCKED))
    kinds = [need.kind for need in stuck.requirements if need.status != "met"]
    if "validation" in kinds:
        return f"fleet validate{where}"
    if "evals" in kinds:
        return f"fleet release{where} {stuck.agent}"
    if "approvals" in kinds:
        return f"fleet approve{where} {stuck.agent} --to {to}"
    return f"fleet promote{where} {names} --to {to} -v"


@contextmanager
def applying(session: Session) -> Iterator[None]:
    """
    Nobody else writes meanwhile, what a killed run left is finished, and everything is committed.

    Errors: Unwritten, naming what stands in the way.
    """
    with writer.alone(find(session.folder, session.environment)):
        ready(session)
        yield


def ready(session: Session) -> None:
    """
    Finish what a killed run left, and refuse to write over what is not committed.

    Errors: Unwritten, naming the files.
    """
    ground = find(session.folder, session.environment)
    whole(ground.repository)
    head = ground.head()
    wrong = writer.dirty(ground, head)
    if not wrong:
        return
    if writer.finish(ground, head):
        session.tell((line("finished what an earlier run had begun: the work tree follows its commit"),))
        return
    names = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
    raise Unwritten(f"not committed: {names}", hint="git status, then commit or stash")


def _apply(asked: Hearing, moving: Sequence[tuple[Case, Promotion]], remote: str | None, reason: str) -> Id:
    """
    Write folders and ledger in one commit, or nothing.

    Errors: BranchMoved, Unwritten, GitError.
    """
    ground, head = asked.ground, asked.head
    edits: dict[str, writer.Blob | None] = {}
    for case, _ in moving:
        edits.update(folder_edits(asked, case))
    entries, content = _entries(asked, [promotion for _, promotion in moving], reason)
    edits[lines.file_name(asked.target.name)] = writer.Blob(content=content)
    message = _message(asked.target.name, [promotion for _, promotion in moving], entries)
    return commit_edits(asked.session, ground, head, edits, message, remote)


def commit_edits(
    session: Session, ground: Ground, head: Id, edits: writer.Edits, message: str, remote: str | None = None
) -> Id:
    """
    One commit on top of *head*, put under the branch in one swap, the work tree brought along.

    Errors: BranchMoved, Unwritten, GitError; before the swap nothing has changed.
    """
    new = writer.build(ground, head, edits, message, session.now if session.now_given else None)
    branch = ground.repository.branch
    writer.unobstructed(ground, head, new)
    if remote is not None:
        if branch is None:
            raise UsageError("--push needs a branch, HEAD is detached", hint="git switch BRANCH")
        writer.push(ground, remote, branch, new)
    writer.swap(ground, branch, new, head)
    writer.bring_along(ground, head, new)
    return new


def folder_edits(asked: Hearing, case: Case) -> dict[str, writer.Blob | None]:
    """What the promotion writes: the release byte for byte, its overrides, and the proposal gone."""
    name, to = case.question.binding.agent, asked.target.name
    tree = asked.ground.commit(asked.head)
    folder, proposal = f"environments/{to}/{name}", f"proposals/{to}/{name}"
    standing = writer.regular(tree.entries(folder))
    proposed = writer.regular(tree.entries(proposal))
    edits: dict[str, writer.Blob | None] = dict.fromkeys([*standing, *proposed])
    if case.question.kind is PromotionKind.RETIRE or case.source is None or case.candidate is None:
        return edits
    start = len(case.source.folder) + 1
    for path, blob in writer.regular(tree.entries(case.source.folder)).items():
        if path[start:] != digest.OVERRIDES:
            edits[f"{folder}/{path[start:]}"] = blob
    if case.candidate.file(digest.OVERRIDES):
        at = f"{folder}/{digest.OVERRIDES}"
        edits[at] = proposed.get(f"{proposal}/{digest.OVERRIDES}") or standing.get(at)
    return edits


def _entries(asked: Hearing, promotions: Sequence[Promotion], reason: str) -> tuple[tuple[Entry, ...], bytes]:
    """One ledger line for each kind, and the new content of the file."""
    tree = asked.ground.commit(asked.head)
    ledger, content = asked.ledger, b""
    governance = records.governance_digest(tree)
    actor = writer.identity(asked.ground.repository)
    added = []
    for kind in sorted({promotion.kind for promotion in promotions if promotion.kind}):
        unit = [promotion for promotion in promotions if promotion.kind is kind]
        entry, content = lines.appended(
            ledger,
            kind=kind.value,
            at=asked.session.now,
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
        )
        ledger = replace(ledger, entries=(*ledger.entries, entry))
        added.append(entry)
    return tuple(added), content


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
        {"file": one.file, "sha256": one.sha256, "approver": one.approver, "assurance": one.assurance.word}
        for promotion in unit
        for one in records.approvals(
            asked.ground, asked.law, to, promotion.agent, asked.people, now=asked.session.now
        )[0]
        if one.file in counted
    )


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
    ]
    subject = f"promote {names} to {to}"
    if len(subject) > 72:
        subject = f"promote {len(promotions)} agents to {to}"
    return f"{subject}\n\n" + "\n".join(trailers) + "\n"
