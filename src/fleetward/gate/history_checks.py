"""
What may not be in a history: pure questions to one commit as it landed, and to the ledger entries in it.

Times are compared with a tolerance of fifteen minutes: the clocks of the machines that commit differ, and an apply
takes its time. Nothing honest is further apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fleetward.domain.audit import REGULAR, Break, Kept, Landing, Step
from fleetward.domain.clock import written
from fleetward.domain.digest import OVERRIDES
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import Entry
from fleetward.domain.people import People, Robot
from fleetward.domain.verdict import Promotion, Verdict

TOLERANCE = timedelta(minutes=15)
LATE = timedelta(days=1)
"""What a promotion that comes by a merge may take to land without being told of."""
_RECORDS = {"approvals": "approval", "evidence": "evidence", "ledger": "record"}


def ledger_file(environment: str) -> str:
    """Where the ledger of *environment* lies."""
    return f"ledger/{environment}.jsonl"


def lost(landing: Landing) -> Iterator[Break]:
    """Approvals, evidence and signatures that were taken away or are not any more what they were."""
    for step in landing.steps:
        top = step.path.partition("/")[0]
        if top not in _RECORDS or step.path.endswith(".jsonl") or step.old is None:
            continue
        if step.new is None:
            yield _of(landing, step, f"{_RECORDS[top]}-deleted", "a record is gone, and records only grow")
        elif step.mode_only:
            yield _mode(landing, step)
        else:
            yield _of(landing, step, f"{_RECORDS[top]}-changed", "a record is not what it was")


def unledgered(
    landing: Landing, environment: str, moved: Collection[str], returned: Mapping[str, int]
) -> Iterator[Break]:
    """
    Changes of a gated environment's folders that no entry of the same commit speaks of; one for each agent.

    Shape: *returned* are the agents that the commit leaves exactly as an entry says, by its number: only a note, for
    the change that took them away from there is told itself.
    """
    named = set(moved)
    for step in landing.under(f"environments/{environment}"):
        agent = _agent(step.path)
        if agent in named:
            continue
        named.add(agent)
        steps = landing.under(f"environments/{environment}/{agent}") or (step,)
        if agent in returned:
            message = f"{agent} was put back in {environment} to what entry {returned[agent]} says"
            back = _of(landing, step, "unledgered-change", message, environment, agent)
            yield replace(back, severity=Severity.NOTE)
        elif all(one.mode_only for one in steps):
            yield _mode(landing, step, environment, agent)
        else:
            message = f"{agent} was changed in {environment}, and no ledger entry of this commit says so"
            yield _of(landing, step, "unledgered-change", message, environment, agent)


def modes_of_ledger(landing: Landing, environment: str) -> Iterator[Break]:
    """The ledger's file with another mode."""
    for step in landing.under(ledger_file(environment)):
        modes = {kept.mode for kept in (step.old, step.new) if kept is not None}
        if len(modes) == 2 and modes == REGULAR:
            yield _mode(landing, step, environment)


def unmoved(
    landing: Landing, entry: Entry, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> Iterator[Break]:
    """
    Agents that the entry moves and the commit does not, or from or to another state than it says.

    Shape: by agent the state digest in the folder before and after the commit, None where there is none.
    """
    for moved in entry.agents:
        name, was, now = moved.agent, before.get(moved.agent), after.get(moved.agent)
        changed = bool(landing.under(f"environments/{entry.environment}/{name}"))
        if now != moved.to_state:
            message = (
                f"the entry says that {name} becomes {moved.to_state or 'nothing'}, it is {now or 'nothing'}"
            )
            yield _entry(landing, entry, "state-mismatch", message, name)
        elif not changed and moved.to_state != moved.from_state:
            message = (
                f"the entry moves {name}, which this commit does not change: it is not where its change is"
            )
            yield _entry(landing, entry, "entry-elsewhere", message, name)
        elif was != moved.from_state:
            message = (
                f"the entry says that {name} was {moved.from_state or 'nothing'}, it was {was or 'nothing'}"
            )
            yield _entry(landing, entry, "state-mismatch", message, name)


def unlike(
    landing: Landing, entry: Entry, agent: str, wanted: Mapping[str, Kept], held: Mapping[str, Kept]
) -> Iterator[Break]:
    """
    Files of a release that are not as they were where it came from, mode or content.

    Shape: by path in the agent's folder; overrides are the environment's own, and only have to be regular files.
    """
    folder = f"environments/{entry.environment}/{agent}"
    for path in sorted({*wanted, *held} - {OVERRIDES}):
        expected, there = wanted.get(path), held.get(path)
        step = Step(f"{folder}/{path}", expected, there)
        if expected and there and step.mode_only and expected.mode != there.mode:
            yield _mode(landing, step, entry.environment, agent)
    for path, there in held.items():
        if there.mode not in REGULAR:
            step = Step(f"{folder}/{path}", None, there)
            yield _of(
                landing, step, "mode-changed", f"no regular file: mode {there.mode}", entry.environment, agent
            )


def mixed(landing: Landing, unit: Sequence[Entry]) -> Iterator[Break]:
    """What a commit of ``--apply`` holds beside what its entries say; proposals it only takes away."""
    to = unit[0].environment
    own = [f"proposals/{to}/{moved.agent}/" for entry in unit for moved in entry.agents]
    for step in landing.steps:
        gated = step.path.startswith(f"environments/{to}/")  # told as changes without an entry
        taken = step.new is None and step.path.startswith(tuple(own))
        if not gated and not taken and not step.path.startswith("ledger/"):
            yield _of(landing, step, "landing-mixed", "the commit holds more than its ledger entries say")
            return


def misdated(
    landing: Landing,
    entry: Entry,
    *,
    direct: bool,
    earlier: Sequence[tuple[str, datetime]],
    exact: Sequence[tuple[str, datetime]],
) -> Iterator[Break]:
    """
    An entry older than what it rests on, or dated otherwise than its commit.

    Shape: *exact* are the instants that it may not be before, *earlier* the dates of commits, which clocks of
    several machines wrote; each with words for it. *direct*: the commit is the one that ``--apply`` made.
    """
    for what, when in (*exact, *((what, when - TOLERANCE) for what, when in earlier)):
        if entry.at < when:
            message = f"the entry is dated {written(entry.at)}, before {what}"
            yield _entry(landing, entry, "entry-backdated", message)
            return
    if entry.at > landing.committed + TOLERANCE:
        message = f"the entry is dated {written(entry.at)}, its commit {written(landing.committed)}"
        yield _entry(landing, entry, "entry-postdated", message)
    elif not direct and entry.at < landing.committed - LATE:
        message = (
            f"judged {written(entry.at)}, landed {written(landing.committed)}: look at what came in between"
        )
        late = _entry(landing, entry, "landed-late", message)
        yield replace(late, severity=Severity.WARNING)
    elif direct and entry.at < landing.committed - TOLERANCE:
        message = f"the entry is dated {written(entry.at)}, its commit {written(landing.committed)}"
        yield _entry(landing, entry, "entry-backdated", message)


def refused(landing: Landing, entry: Entry, promotions: Sequence[Promotion]) -> Iterator[Break]:
    """The verdict on what an entry says was allowed, where it is another one."""
    told = {one.agent: one for one in promotions}
    for moved in entry.agents:
        one = told.get(moved.agent)
        if one is None or one.verdict is not Verdict.ALLOWED:
            verdict = one.verdict if one else "not given"
            why = _open(one) if one else ""
            message = f"the verdict on {moved.agent} at that time is {verdict}{f': {why}' if why else ''}"
            yield _entry(landing, entry, "verdict-not-allowed", message, moved.agent)


def untrue(landing: Landing, entry: Entry, promotions: Sequence[Promotion]) -> Iterator[Break]:
    """Words of an entry that its verdict does not bear out: the kind, the states, what it was approved by."""
    told = {one.agent: one for one in promotions if one.verdict is Verdict.ALLOWED}
    allowed = [told[moved.agent] for moved in entry.agents if moved.agent in told]
    for moved in entry.agents:
        one = told.get(moved.agent)
        if one is None:
            continue
        gone = moved.to_state is None
        said = (entry.kind, moved.from_state, moved.generation, moved.to_state, moved.release)
        states = (None, None) if gone else (one.to_state, one.release)
        found = (str(one.kind), one.from_state, one.generation, *states)
        for word, this, that in zip(
            ("kind", "from", "generation", "to", "release"), said, found, strict=True
        ):
            if this != that:
                message = f"{word} of {moved.agent} is {this!r}, by its verdict it would be {that!r}"
                yield _entry(landing, entry, "entry-untrue", message, moved.agent)
    if len(allowed) != len(entry.agents):
        return
    said_files = {str(one["file"]) for one in (*entry.approvals, *entry.evidence)}
    rests = {file for one in allowed for file in one.counted}
    for file in sorted(said_files ^ rests):
        what = "names" if file in said_files else "does not name"
        verb = "does not rest on" if file in said_files else "rests on"
        yield _entry(landing, entry, "entry-untrue", f"the entry {what} {file}, and its verdict {verb} it")


def unglazed(
    landing: Landing, entry: Entry, promotions: Sequence[Promotion], within: timedelta | None
) -> Iterator[Break]:
    """What an entry says of the broken glass that is not so: what was skipped, when its review is due."""
    glass = entry.break_glass
    if glass is None or within is None:
        return
    own = {moved.agent for moved in entry.agents}
    skipped = tuple(sorted({need.kind for one in promotions if one.agent in own for need in one.skipped}))
    said = (", ".join(glass.skipped) or "nothing", written(glass.review_by))
    found = (", ".join(skipped) or "nothing", written(entry.at + within))
    for word, this, that in zip(("what was skipped", "its review"), said, found, strict=True):
        if this != that:
            yield _entry(
                landing, entry, "entry-untrue", f"{word} is {this}, by its verdict it would be {that}"
            )


def other_hand(
    landing: Landing, entry: Entry, author: str, committer: str, people: People
) -> Iterator[Break]:
    """
    A commit right on top of what was judged, made by somebody else than the entry says applied it.

    Addresses are only what a commit says of itself. A forge makes commits of its own: with an address that nobody
    stands behind, or with author and committer apart, of which only the latter is told, and breaks nothing.
    """
    actor, author_is, hand = (people.of_email(one) for one in (entry.actor, author, committer))
    forge = hand is None or (isinstance(hand, Robot) and hand.operated_by is None)
    own = entry.actor.casefold() in (author.casefold(), committer.casefold())
    if own or forge or (actor is not None and actor in (author_is, hand)):
        return
    message = f"it says that {entry.actor} applied it, the commit is of {committer}"
    found = _entry(landing, entry, "actor-unlike", message)
    yield found if author_is == hand else replace(found, severity=Severity.WARNING)


def lowered(landing: Landing, before: int | None, after: int | None) -> Iterator[Break]:
    """A policy whose version fell."""
    if before is not None and after is not None and after < before:
        file = "governance/policy.yaml"
        yield Break(
            rule="policy-lowered",
            message=f"the policy's version fell from {before} to {after}",
            commit=landing.commit,
            file=file,
            hint=f"git show {landing.commit[:12]} -- {file}",
        )


def reconfigured(
    landing: Landing, before: FleetConfig | None, after: FleetConfig | None, begun: Collection[str]
) -> Iterator[Break]:
    """
    What became of ``fleet-config.yaml``: an environment that has a ledger and is gated no more is a break.

    The rest is only told, for it is outside the governance folder.
    """
    file = "fleet-config.yaml"
    for step in landing.under(file):
        if step.old is None:
            continue
        if after is None:
            yield _of(landing, step, "gate-removed", "nothing that can be read says any more what is gated")
            continue
        loosened = False
        for name in sorted(begun):
            was = before.environment(name) if before else None
            now = after.environment(name)
            if (before is None or (was and was.gated)) and not (now and now.gated):
                loosened = True
                message = f"{name} has a ledger, and is gated no more"
                yield _of(landing, step, "gate-removed", message, name)
        if not loosened:
            yield Break(
                rule="config-changed",
                message="fleet-config.yaml was changed, which no approval is asked for",
                commit=landing.commit,
                file=file,
                severity=Severity.NOTE,
                hint=f"git show {landing.commit[:12]} -- {file}",
            )


def about(landing: Landing, entry: Entry, rule: str, message: str, agent: str | None = None) -> Break:
    """A break at an entry's line."""
    return _entry(landing, entry, rule, message, agent)


def _open(one: Promotion) -> str:
    needs = [need for need in one.requirements if need.status.value != "met"]
    told = [f"{need.kind} {need.asked}: {need.detail or need.status}" for need in needs]
    ignored = [f"{it.approver} does not count: {it.reason}" for it in one.not_counted]
    return "; ".join([*told, *ignored][:4])


def _agent(path: str) -> str:
    parts = path.split("/")
    return parts[2] if len(parts) > 2 else parts[-1]


def _mode(landing: Landing, step: Step, environment: str | None = None, agent: str | None = None) -> Break:
    old, new = (kept.mode if kept else "none" for kept in (step.old, step.new))
    message = f"its mode is {new}, it was {old}"
    return _of(landing, step, "mode-changed", message, environment, agent)


def _of(
    landing: Landing,
    step: Step,
    rule: str,
    message: str,
    environment: str | None = None,
    agent: str | None = None,
) -> Break:
    return Break(
        rule=rule,
        message=message,
        commit=landing.commit,
        file=step.path,
        hint=f"git show --stat {landing.commit[:12]}",
        environment=environment,
        agent=agent,
    )


def _entry(landing: Landing, entry: Entry, rule: str, message: str, agent: str | None = None) -> Break:
    return Break(
        rule=rule,
        message=f"entry {entry.seq} of {entry.environment}: {message}",
        commit=landing.commit,
        file=ledger_file(entry.environment),
        line=entry.seq,
        hint=f"git show {landing.commit[:12]}",
        environment=entry.environment,
        agent=agent,
    )
