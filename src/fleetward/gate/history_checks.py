"""
What may not be in a history: pure questions to one commit as it landed, and to the ledger entries in it.

Times are compared with a tolerance of fifteen minutes: the clocks of the machines that commit differ, and an apply
takes its time. Nothing honest is further apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fleetward.domain import layout
from fleetward.domain.audit import REGULAR_MODES, Break, FileStep, FileVersion, FirstParentCommit
from fleetward.domain.clock import format_instant
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import Entry
from fleetward.domain.people import People, Robot
from fleetward.domain.verdict import Promotion, Verdict

TOLERANCE = timedelta(minutes=15)
LATE = timedelta(days=1)
"""What a promotion that comes by a merge may take to land without being told of."""
_RECORDS = {layout.APPROVALS: "approval", layout.EVIDENCE: "evidence", layout.LEDGERS: "record"}


def ledger_file(environment: str) -> str:
    """Where the ledger of *environment* lies."""
    return layout.ledger_file(environment)


def record_losses(commit: FirstParentCommit) -> Iterator[Break]:
    """Approvals, evidence and signatures that were taken away or are not any more what they were."""
    for change in commit.changes:
        top = change.path.partition("/")[0]
        if top not in _RECORDS or change.path.endswith(layout.LEDGER_SUFFIX) or change.old is None:
            continue
        if change.new is None:
            yield _file_break(
                commit, change, f"{_RECORDS[top]}-deleted", "a record is gone, and records only grow"
            )
        elif change.mode_only:
            yield _mode_break(commit, change)
        else:
            yield _file_break(commit, change, f"{_RECORDS[top]}-changed", "a record is not what it was")


def changes_without_entry(
    commit: FirstParentCommit, environment: str, moved_agents: Collection[str], restored: Mapping[str, int]
) -> Iterator[Break]:
    """
    Changes of a gated environment's folders that no entry of the same commit speaks of; one for each agent.

    Shape: *restored* are the agents that the commit leaves exactly as an entry says, by its number: only a note, for
    the change that took them away from there is told itself.
    """
    reported = set(moved_agents)
    for change in commit.changes_under(layout.environment_folder(environment)):
        agent = _agent(change.path)
        if agent in reported:
            continue
        reported.add(agent)
        changes = commit.changes_under(layout.agent_folder(environment, agent)) or (change,)
        if agent in restored:
            message = f"{agent} was put back in {environment} to what entry {restored[agent]} says"
            restoration = _file_break(commit, change, "unledgered-change", message, environment, agent)
            yield replace(restoration, severity=Severity.NOTE)
        elif all(c.mode_only for c in changes):
            yield _mode_break(commit, change, environment, agent)
        else:
            message = f"{agent} was changed in {environment}, and no ledger entry of this commit says so"
            yield _file_break(commit, change, "unledgered-change", message, environment, agent)


def ledger_mode_changes(commit: FirstParentCommit, environment: str) -> Iterator[Break]:
    """The ledger's file with another mode."""
    for change in commit.changes_under(ledger_file(environment)):
        modes = {version.mode for version in (change.old, change.new) if version is not None}
        if len(modes) == 2 and modes == REGULAR_MODES:
            yield _mode_break(commit, change, environment)


def state_mismatches(
    commit: FirstParentCommit, entry: Entry, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> Iterator[Break]:
    """
    Agents that the entry moves and the commit does not, or from or to another state than it says.

    Shape: by agent the state digest in the folder before and after the commit, None where there is none.
    """
    for transition in entry.agents:
        name, was, now = transition.agent, before.get(transition.agent), after.get(transition.agent)
        changed = bool(commit.changes_under(layout.agent_folder(entry.environment, name)))
        if now != transition.to_state:
            message = f"the entry says that {name} becomes {transition.to_state or 'nothing'}, it is {now or 'nothing'}"
            yield _break_at_entry(commit, entry, "state-mismatch", message, name)
        elif not changed and transition.to_state != transition.from_state:
            message = (
                f"the entry moves {name}, which this commit does not change: it is not where its change is"
            )
            yield _break_at_entry(commit, entry, "entry-elsewhere", message, name)
        elif was != transition.from_state:
            message = f"the entry says that {name} was {transition.from_state or 'nothing'}, it was {was or 'nothing'}"
            yield _break_at_entry(commit, entry, "state-mismatch", message, name)


def release_mode_changes(
    commit: FirstParentCommit,
    entry: Entry,
    agent: str,
    source_files: Mapping[str, FileVersion],
    target_files: Mapping[str, FileVersion],
) -> Iterator[Break]:
    """
    Files of a release that are not as they were where it came from, mode or content.

    Shape: by path in the agent's folder; overrides are the environment's own, and only have to be regular files.
    """
    folder = layout.agent_folder(entry.environment, agent)
    for path in sorted({*source_files, *target_files} - {layout.OVERRIDES}):
        expected, actual = source_files.get(path), target_files.get(path)
        change = FileStep(f"{folder}/{path}", expected, actual)
        if expected and actual and change.mode_only and expected.mode != actual.mode:
            yield _mode_break(commit, change, entry.environment, agent)
    for path, actual in target_files.items():
        if actual.mode not in REGULAR_MODES:
            change = FileStep(f"{folder}/{path}", None, actual)
            yield _file_break(
                commit,
                change,
                "mode-changed",
                f"no regular file: mode {actual.mode}",
                entry.environment,
                agent,
            )


def unrelated_changes(commit: FirstParentCommit, entries: Sequence[Entry]) -> Iterator[Break]:
    """What a commit of ``--apply`` holds beside what its entries say; proposals it only takes away."""
    to = entries[0].environment
    proposals = [
        f"{layout.proposal_folder(to, transition.agent)}/" for entry in entries for transition in entry.agents
    ]
    for change in commit.changes:
        gated = change.path.startswith(
            f"{layout.environment_folder(to)}/"
        )  # told as changes without an entry
        is_removed_proposal = change.new is None and change.path.startswith(tuple(proposals))
        if not gated and not is_removed_proposal and not change.path.startswith(f"{layout.LEDGERS}/"):
            yield _file_break(
                commit, change, "landing-mixed", "the commit holds more than its ledger entries say"
            )
            return


def dating_errors(
    commit: FirstParentCommit,
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
    for event, when in (*exact, *((event, when - TOLERANCE) for event, when in earlier)):
        if entry.at < when:
            message = f"the entry is dated {format_instant(entry.at)}, before {event}"
            yield _break_at_entry(commit, entry, "entry-backdated", message)
            return
    if entry.at > commit.committed + TOLERANCE:
        message = (
            f"the entry is dated {format_instant(entry.at)}, its commit {format_instant(commit.committed)}"
        )
        yield _break_at_entry(commit, entry, "entry-postdated", message)
    elif not direct and entry.at < commit.committed - LATE:
        message = f"judged {format_instant(entry.at)}, landed {format_instant(commit.committed)}: look at what came in between"
        late = _break_at_entry(commit, entry, "landed-late", message)
        yield replace(late, severity=Severity.WARNING)
    elif direct and entry.at < commit.committed - TOLERANCE:
        message = (
            f"the entry is dated {format_instant(entry.at)}, its commit {format_instant(commit.committed)}"
        )
        yield _break_at_entry(commit, entry, "entry-backdated", message)


def denied_promotions(
    commit: FirstParentCommit, entry: Entry, promotions: Sequence[Promotion]
) -> Iterator[Break]:
    """The verdict on what an entry says was allowed, where it is another one."""
    by_agent = {promotion.agent: promotion for promotion in promotions}
    for transition in entry.agents:
        promotion = by_agent.get(transition.agent)
        if promotion is None or promotion.verdict is not Verdict.ALLOWED:
            verdict = promotion.verdict if promotion else "not given"
            why = _unmet_text(promotion) if promotion else ""
            message = (
                f"the verdict on {transition.agent} at that time is {verdict}{f': {why}' if why else ''}"
            )
            yield _break_at_entry(commit, entry, "verdict-not-allowed", message, transition.agent)


def entry_mismatches(
    commit: FirstParentCommit, entry: Entry, promotions: Sequence[Promotion]
) -> Iterator[Break]:
    """Words of an entry that its verdict does not bear out: the kind, the states, what it was approved by."""
    by_agent = {
        promotion.agent: promotion for promotion in promotions if promotion.verdict is Verdict.ALLOWED
    }
    allowed = [by_agent[transition.agent] for transition in entry.agents if transition.agent in by_agent]
    for transition in entry.agents:
        promotion = by_agent.get(transition.agent)
        if promotion is None:
            continue
        is_removal = transition.to_state is None
        stated = (
            entry.kind,
            transition.from_state,
            transition.generation,
            transition.to_state,
            transition.release,
        )
        states = (None, None) if is_removal else (promotion.to_state, promotion.release)
        computed = (str(promotion.kind), promotion.from_state, promotion.generation, *states)
        for word, actual, expected in zip(
            ("kind", "from", "generation", "to", "release"), stated, computed, strict=True
        ):
            if actual != expected:
                message = (
                    f"{word} of {transition.agent} is {actual!r}, by its verdict it would be {expected!r}"
                )
                yield _break_at_entry(commit, entry, "entry-untrue", message, transition.agent)
    if len(allowed) != len(entry.agents):
        return
    stated_files = {str(promotion["file"]) for promotion in (*entry.approvals, *entry.evidence)}
    counted_files = {file for promotion in allowed for file in promotion.counted}
    for file in sorted(stated_files ^ counted_files):
        claim = "names" if file in stated_files else "does not name"
        fact = "does not rest on" if file in stated_files else "rests on"
        yield _break_at_entry(
            commit, entry, "entry-untrue", f"the entry {claim} {file}, and its verdict {fact} it"
        )


def break_glass_mismatches(
    commit: FirstParentCommit, entry: Entry, promotions: Sequence[Promotion], within: timedelta | None
) -> Iterator[Break]:
    """What an entry says of the broken glass that is not so: what was skipped, when its review is due."""
    break_glass = entry.break_glass
    if break_glass is None or within is None:
        return
    entry_agents = {transition.agent for transition in entry.agents}
    skipped = tuple(
        sorted(
            {
                requirement.kind
                for promotion in promotions
                if promotion.agent in entry_agents
                for requirement in promotion.skipped
            }
        )
    )
    stated = (", ".join(break_glass.skipped) or "nothing", format_instant(break_glass.review_by))
    computed = (", ".join(skipped) or "nothing", format_instant(entry.at + within))
    for word, actual, expected in zip(("what was skipped", "its review"), stated, computed, strict=True):
        if actual != expected:
            yield _break_at_entry(
                commit, entry, "entry-untrue", f"{word} is {actual}, by its verdict it would be {expected}"
            )


def actor_mismatch(
    commit: FirstParentCommit, entry: Entry, author: str, committer: str, people: People
) -> Iterator[Break]:
    """
    A commit right on top of what was judged, made by somebody else than the entry says applied it.

    Addresses are only what a commit says of itself. A forge makes commits of its own: with an address that nobody
    stands behind, or with author and committer apart, of which only the latter is told, and breaks nothing.
    """
    actor, author_account, committer_account = (
        people.by_email(email) for email in (entry.actor, author, committer)
    )
    is_forge = committer_account is None or (
        isinstance(committer_account, Robot) and committer_account.operated_by is None
    )
    is_own_commit = entry.actor.casefold() in (author.casefold(), committer.casefold())
    if is_own_commit or is_forge or (actor is not None and actor in (author_account, committer_account)):
        return
    message = f"it says that {entry.actor} applied it, the commit is of {committer}"
    mismatch = _break_at_entry(commit, entry, "actor-unlike", message)
    yield mismatch if author_account == committer_account else replace(mismatch, severity=Severity.WARNING)


def policy_version_drop(commit: FirstParentCommit, before: int | None, after: int | None) -> Iterator[Break]:
    """A policy whose version fell."""
    if before is not None and after is not None and after < before:
        file = layout.POLICY
        yield Break(
            rule="policy-lowered",
            message=f"the policy's version fell from {before} to {after}",
            commit=commit.id,
            file=file,
            hint=f"git show {commit.id[:12]} -- {file}",
        )


def configuration_changes(
    commit: FirstParentCommit,
    before: FleetConfig | None,
    after: FleetConfig | None,
    ledger_environments: Collection[str],
) -> Iterator[Break]:
    """
    What became of ``fleet-config.yaml``: an environment that has a ledger and is gated no more is a break.

    The rest is only told, for it is outside the governance folder.
    """
    file = layout.CONFIG
    for change in commit.changes_under(file):
        if change.old is None:
            continue
        if after is None:
            yield _file_break(
                commit, change, "gate-removed", "nothing that can be read says any more what is gated"
            )
            continue
        loosened = False
        for name in sorted(ledger_environments):
            was = before.environment(name) if before else None
            now = after.environment(name)
            if (before is None or (was and was.gated)) and not (now and now.gated):
                loosened = True
                message = f"{name} has a ledger, and is gated no more"
                yield _file_break(commit, change, "gate-removed", message, name)
        if not loosened:
            yield Break(
                rule="config-changed",
                message="fleet-config.yaml was changed, which no approval is asked for",
                commit=commit.id,
                file=file,
                severity=Severity.NOTE,
                hint=f"git show {commit.id[:12]} -- {file}",
            )


def entry_break(
    commit: FirstParentCommit, entry: Entry, rule: str, message: str, agent: str | None = None
) -> Break:
    """A break at an entry's line."""
    return _break_at_entry(commit, entry, rule, message, agent)


def _unmet_text(promotion: Promotion) -> str:
    unmet = [requirement for requirement in promotion.requirements if requirement.status.value != "met"]
    reasons = [
        f"{requirement.kind} {requirement.condition}: {requirement.detail or requirement.status}"
        for requirement in unmet
    ]
    ignored = [f"{it.approver} does not count: {it.reason}" for it in promotion.not_counted]
    return "; ".join([*reasons, *ignored][:4])


def _agent(path: str) -> str:
    parts = path.split("/")
    return parts[2] if len(parts) > 2 else parts[-1]


def _mode_break(
    commit: FirstParentCommit, change: FileStep, environment: str | None = None, agent: str | None = None
) -> Break:
    old, new = (version.mode if version else "none" for version in (change.old, change.new))
    message = f"its mode is {new}, it was {old}"
    return _file_break(commit, change, "mode-changed", message, environment, agent)


def _file_break(
    commit: FirstParentCommit,
    change: FileStep,
    rule: str,
    message: str,
    environment: str | None = None,
    agent: str | None = None,
) -> Break:
    return Break(
        rule=rule,
        message=message,
        commit=commit.id,
        file=change.path,
        hint=f"git show --stat {commit.id[:12]}",
        environment=environment,
        agent=agent,
    )


def _break_at_entry(
    commit: FirstParentCommit, entry: Entry, rule: str, message: str, agent: str | None = None
) -> Break:
    return Break(
        rule=rule,
        message=f"entry {entry.seq} of {entry.environment}: {message}",
        commit=commit.id,
        file=ledger_file(entry.environment),
        line=entry.seq,
        hint=f"git show {commit.id[:12]}",
        environment=entry.environment,
        agent=agent,
    )
