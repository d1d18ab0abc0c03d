"""``fleet suspend`` and ``fleet resume``: the emergency brake, as a proposal that goes through the gate."""

from __future__ import annotations

import os
from dataclasses import replace
from shlex import quote
from typing import Annotated

import typer

from fleetward.cli.applying import applying
from fleetward.cli.session import Session
from fleetward.domain import digest
from fleetward.domain.contributor import Contributor, Role
from fleetward.domain.errors import Exit, FleetError, GitError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import File
from fleetward.domain.suspension import Brake
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.report import suspension_json, suspension_text
from fleetward.store.fleet.agents import ENVIRONMENTS, PROPOSALS
from fleetward.store.fleet.suspension_override import bare
from fleetward.store.git import commit_writer
from fleetward.store.git.atomic_files import held, settle
from fleetward.store.git.fleet_root import Ground, find
from fleetward.workflows.governance.history import lawful
from fleetward.workflows.load import read
from fleetward.workflows.promotion.apply import commit_edits, written_down
from fleetward.workflows.promotion.candidates import Case, cases, decided
from fleetward.workflows.promotion.context import Hearing, hearing
from fleetward.workflows.promotion.next_step import onward
from fleetward.workflows.promotion.sign import Sign, sealing
from fleetward.workflows.promotion.suspension import (
    asked_reason,
    braked,
    environment_of,
    same,
    standing,
    suspended_now,
)

_Agent = Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")]
_Env = Annotated[str, typer.Option("--env", metavar="ENV", help="Where it runs.")]
_Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why: one line, kept in the file and in the ledger.")
]
_Write = Annotated[bool, typer.Option("--write", help="Write the file, for you to commit and promote.")]
_Apply = Annotated[
    bool,
    typer.Option(
        "--apply", help="Commit the proposal, and promote it if the gate allows; it approves nothing."
    ),
]
_Push = Annotated[str | None, typer.Option("--push", metavar="REMOTE", help="With --apply: push it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How far to go, and in what way."""

    write: bool
    apply: bool
    push: str | None
    sign: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was asked: the brake, and how far to go."""

    session: Session
    brake: Brake
    how: _How


def suspend(
    session: Session,
    agent: _Agent,
    env: _Env,
    reason: _Reason,
    write: _Write = False,
    apply: _Apply = False,
    push: _Push = None,
    sign: Sign = None,
) -> Exit:
    """
    Stop an agent: propose spec.suspended, and nothing else; the release that runs stays.

    Without --write or --apply nothing changes: it shows the file, and what the gate will ask. In an environment
    that takes no promotions the file is the environment's own. Exit 1 while the gate says no.
    """
    how = _How(write=write, apply=apply, push=push, sign=sign)
    return _brake(session, agent, env, reason, how, suspended=True)


def resume(
    session: Session,
    agent: _Agent,
    env: _Env,
    reason: _Reason,
    write: _Write = False,
    apply: _Apply = False,
    push: _Push = None,
    sign: Sign = None,
) -> Exit:
    """
    Let a suspended agent go on: propose to take spec.suspended away, and nothing else; the release stays.

    Without --write or --apply nothing changes: it shows the file, and what the gate will ask. That is more than
    to suspend: an agent that goes on is looser. Exit 1 while the gate says no.
    """
    how = _How(write=write, apply=apply, push=push, sign=sign)
    return _brake(session, agent, env, reason, how, suspended=False)


def _brake(session: Session, agent: str, env: str, reason: str, how: _How, *, suspended: bool) -> Exit:
    if how.write and how.apply:
        raise UsageError("--apply writes and commits the file itself", hint="leave --write out")
    for option, given in (("--push", how.push), ("--sign", how.sign)):
        if given is not None and not how.apply:
            raise UsageError(f"{option} goes with --apply", hint="add --apply")
    ground = find(session.run.folder, session.run.environment)
    environment = environment_of(ground, env)
    top = PROPOSALS if environment.gated else ENVIRONMENTS
    brake = Brake(
        agent=agent,
        environment=env,
        gated=environment.gated,
        suspended=suspended,
        reason=asked_reason(reason),
        file=f"{top}/{env}/{agent}/{digest.OVERRIDES}",
    )
    asked = _Asked(session=session, brake=brake, how=how)
    if not brake.gated:
        return _own(asked, ground)
    with applying(session, apply=how.apply):
        return _gated(asked, _hearing(asked))


def _own(asked: _Asked, ground: Ground) -> Exit:
    """In an environment without a gate the file is written where it lies."""
    brake = asked.brake
    if asked.how.apply:
        raise UsageError(f"{brake.environment!r} takes no promotions: nothing to apply", hint="--write")
    agent = standing(brake, read(ground.folder()).snapshot, ground.folder())
    before = held(ground.root, brake.file)
    moves = suspended_now(agent) is not brake.suspended
    after = braked(asked.brake, asked.session.run.now.date(), agent, before) if moves else before
    if moves and after is not None and bare(after):
        after = None
    if asked.how.write and moves:
        settle(ground.root, {brake.file: before}, {brake.file: after})
    return _report(asked, replace(brake, content=after, moves=moves, written=asked.how.write and moves))


def _gated(asked: _Asked, heard: Hearing) -> Exit:
    brake = asked.brake
    agent = standing(brake, heard.fleet, heard.ground.commit(heard.head))
    proposed = heard.fleet.proposals.get((brake.environment, brake.agent))
    there = proposed is not None and same(brake, agent, proposed)
    if suspended_now(agent) is brake.suspended:
        return _report(asked, replace(brake, moves=False, against=proposed is not None))
    if proposed is not None and not there:
        message = f"{brake.file} proposes something else already"
        raise FleetError(message, hint=f"promote that first, or git rm {brake.file} and commit")
    over = proposed or agent.file(digest.OVERRIDES)
    content = over.content if over else None
    if not there:
        content = braked(asked.brake, asked.session.run.now.date(), agent, content)
    done = replace(brake, content=content, standing=there)
    if asked.how.apply:
        return _applied(asked, heard, done)
    if asked.how.write and not there:
        if held(heard.ground.root, brake.file) is not None:
            raise FleetError(f"{brake.file} is there, and not committed", hint="commit it, or take it away")
        settle(heard.ground.root, {}, {brake.file: content})
        done = replace(done, written=True)
    _, outlook = _judged(heard, done)
    return _report(asked, replace(done, outlook=outlook), heard)


def _applied(asked: _Asked, heard: Hearing, done: Brake) -> Exit:
    """The proposal committed alone, then promoted; where the gate would refuse it outright, neither."""
    push, sign = asked.how.push, asked.how.sign
    case, outlook = _judged(heard, done)
    if not done.standing and outlook.verdict is not Verdict.BLOCKED:
        edits = {done.file: commit_writer.Blob(content=done.content)}
        seal = sealing(heard, sign)
        new = commit_edits(asked.session.run, heard.ground, heard.head, edits, _message(done), push, seal)
        done, heard = replace(done, committed=new), _hearing(asked)
        case, outlook = _judged(heard, done)
    if outlook.verdict is Verdict.ALLOWED:
        done = replace(
            done,
            promoted=written_down(heard, [(case, outlook)], push, done.reason, seal=sealing(heard, sign)),
        )
    return _report(asked, replace(done, outlook=outlook), heard)


def _message(brake: Brake) -> str:
    """Fixed words, names and digests only."""
    what = f"{brake.environment}/{brake.agent} {brake.verb} {digest.of_bytes(brake.content or b'')}"
    return f"propose to {brake.verb} {brake.agent}\n\nFleet-Proposal: {what}\n"


def _hearing(asked: _Asked) -> Hearing:
    heard = hearing(asked.session.run, to=asked.brake.environment, agents=[asked.brake.agent])
    lawful(heard.ground, heard.head, asked.session.run.now, (heard.ledger,))
    return heard


def _judged(heard: Hearing, done: Brake) -> tuple[Case, Promotion]:
    """The verdict with the proposal in place; until it is committed, whoever asks is taken for its author."""
    committed = done.standing or done.committed is not None
    if not committed:
        file = File(path=digest.OVERRIDES, content=done.content or b"")
        proposals = {**heard.fleet.proposals, (done.environment, done.agent): file}
        heard = replace(heard, fleet=replace(heard.fleet, proposals=proposals))
    [case] = cases(heard, [done.agent])
    if case.question.kind is PromotionKind.RETIRE:
        message = (
            f"{done.agent} was retired in {heard.sources[0]} after {done.file} had been proposed: it is to go"
        )
        again = f"git rm {done.file}, commit, and {done.verb} it again"
        raise FleetError(message, hint=f"fleet promote {done.agent} --to {done.environment}, or {again}")
    if not committed:
        contributors = (*case.question.contributors, *_author(heard))
        case = replace(case, question=replace(case.question, contributors=contributors))
    [outlook] = decided(heard, [case])
    return case, outlook


def _author(heard: Hearing) -> tuple[Contributor, ...]:
    try:
        email = commit_writer.identity(heard.ground.repository)
    except GitError:  # nobody yet: git will ask for a name before it commits
        return ()
    return (Contributor(email=email, role=Role.AUTHOR, commit=heard.head),)


def _report(asked: _Asked, done: Brake, heard: Hearing | None = None) -> Exit:
    session, outlook = asked.session, done.outlook
    following = _next(asked, done, heard)
    session.output.report(
        {
            "text": lambda: suspension_text.render(
                done,
                next_command=following,
                again=_again(asked),
                author=_writer(heard) if heard and not done.standing else None,
                verbose=session.verbose,
                now=session.run.now,
            ),
            "json": lambda: suspension_json.render(done, next_command=following),
        }
    )
    told = done.written or outlook is None or done.promoted is not None
    shown = not asked.how.apply and outlook is not None and outlook.verdict is Verdict.ALLOWED
    return Exit.YES if told or shown else Exit.NO


def _writer(heard: Hearing) -> str | None:
    """The name of whoever asks, where the policy says that an author cannot approve."""
    if Role.AUTHOR not in heard.policy.approvals.exclude:
        return None
    known = [heard.people.of_email(one.email) for one in _author(heard)]
    return known[0].id if known and known[0] is not None else None


def _again(asked: _Asked) -> str:
    """The command that does it, and once all is given does it to the end."""
    brake, how = asked.brake, asked.how
    flags = "".join(
        f" {flag} {quote(value)}" for flag, value in (("--push", how.push), ("--sign", how.sign)) if value
    )
    verb = f"fleet {brake.verb}{asked.session.run.chdir} {brake.agent} --env {brake.environment}"
    return f"{verb} --reason {quote(brake.reason)} {'--apply' if brake.gated else '--write'}{flags}"


def _next(asked: _Asked, done: Brake, heard: Hearing | None) -> str:
    session = asked.session
    here, to, name, verb = session.run.chdir, done.environment, done.agent, done.verb
    root = find(session.run.folder, session.run.environment).root
    file = quote(os.path.relpath(root / done.file, session.run.folder.resolve()))
    promote, verdict = f"fleet promote{here} {name} --to {to}", done.outlook and done.outlook.verdict
    if done.against:
        return f"git{here} rm {file}"
    if not done.moves or done.promoted:
        return f"fleet log{here} {name}" if done.gated else f"fleet validate{here}"
    if done.written:
        commit = f"git{here} add -A -- {file} && git{here} commit -m '{verb} {name} in {to}' -- {file}"
        return f"{commit} && {promote}" if done.gated else commit
    if verdict is Verdict.BLOCKED:
        return f"fleet validate{here}"
    if done.waits and heard and done.outlook:
        return onward(heard, done.outlook, [name])
    if done.standing:
        return f"{promote} --apply"
    return _again(asked)
