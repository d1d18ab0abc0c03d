"""
Checks of the ledger entries in one first-parent commit: states, dates, verdicts and actor.

Dates are compared with a tolerance of fifteen minutes, because clocks differ and an apply takes its time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fleetward.domain import layout
from fleetward.domain.audit import REGULAR_MODES, Break, FileStep, FileVersion, FirstParentCommit
from fleetward.domain.clock import format_instant, is_ahead
from fleetward.domain.finding import Severity
from fleetward.domain.ledger import TEST_CLOCK_MARK, Entry
from fleetward.domain.people import People, Robot
from fleetward.domain.verdict import Promotion, Verdict, left_out_words, skipped_kinds
from fleetward.gate.history_checks import file_break, mode_break

LATE = timedelta(days=1)
"""How long a merged promotion may take to reach the branch without a warning."""


def state_mismatches(
    commit: FirstParentCommit, entry: Entry, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> Iterator[Break]:
    """
    Agents that the commit does not change although the entry says so, or whose states differ from the entry.

    Shape: *before* and *after* hold by agent the state digest of its folder, None where there is no folder.
    """
    for transition in entry.agents:
        name, was, now = transition.agent, before.get(transition.agent), after.get(transition.agent)
        changed = bool(commit.changes_under(layout.agent_folder(entry.environment, name)))
        if now != transition.to_state:
            message = f"the entry says that {name} becomes {transition.to_state or 'nothing'}, it is {now or 'nothing'}"
            yield entry_break(commit, entry, "state-mismatch", message, name)
        elif not changed and transition.to_state != transition.from_state:
            message = f"the entry is about {name}, which this commit does not change"
            yield entry_break(commit, entry, "entry-elsewhere", message, name)
        elif was != transition.from_state:
            message = f"the entry says that {name} was {transition.from_state or 'nothing'}, it was {was or 'nothing'}"
            yield entry_break(commit, entry, "state-mismatch", message, name)


def release_mode_changes(
    commit: FirstParentCommit,
    entry: Entry,
    agent: str,
    source_files: Mapping[str, FileVersion],
    target_files: Mapping[str, FileVersion],
    executables: Collection[str] = (),
) -> Iterator[Break]:
    """
    Files of a promoted release whose mode is not what the manifest says, and files that are not regular.

    Shape: files by path in the agent's folder; *executables* are those that the manifest lists. Overrides belong to
    the environment and are not compared. Entries of earlier versions copied the mode of the source.
    """
    folder = layout.agent_folder(entry.environment, agent)
    # overrides are never copied (SPEC 1), so their modes may differ
    for path in sorted({*source_files, *target_files} - {layout.OVERRIDES}):
        expected, actual = source_files.get(path), target_files.get(path)
        # a digest covers contents, not modes: an executable bit would pass unseen
        if not expected or not actual or expected.id != actual.id:
            continue
        listed = FileVersion("100755" if path in executables else "100644", expected.id)
        copied = expected.mode == actual.mode and _copies_modes(entry)
        if actual.mode in REGULAR_MODES and actual.mode != listed.mode and not copied:
            yield mode_break(commit, FileStep(f"{folder}/{path}", listed, actual), entry.environment, agent)
    for path, actual in target_files.items():
        # a link that points outside would make the release depend on another folder
        if actual.mode not in REGULAR_MODES:
            change = FileStep(f"{folder}/{path}", None, actual)
            yield file_break(
                commit,
                change,
                "mode-changed",
                f"not a regular file: mode {actual.mode}",
                entry.environment,
                agent,
            )


def _copies_modes(entry: Entry) -> bool:
    """Was it written by a version that took the modes of the source?"""
    return getattr(entry, "governance_version", 1) < 2


def dating_errors(
    commit: FirstParentCommit,
    entry: Entry,
    *,
    direct: bool,
    earlier: Sequence[tuple[str, datetime]],
    now: datetime,
) -> Iterator[Break]:
    """
    An entry older than its records, with another date than its commit, or of tomorrow.

    Shape: *earlier* pairs a name with the instant that the entry may not precede. *direct*: ``--apply`` made this
    very commit. *now* is the auditor's clock.
    """
    if is_ahead(entry.at, now) or is_ahead(commit.committed, now):
        latest = format_instant(max(entry.at, commit.committed))
        message = f"the entry or its commit is dated {latest}, and now it is {format_instant(now)}"
        yield entry_break(commit, entry, "entry-postdated", message)
        return
    for event, when in earlier:
        if is_ahead(when, entry.at):
            message = f"the entry is dated {format_instant(entry.at)}, before {event}"
            yield entry_break(commit, entry, "entry-backdated", message)
            return
    dates = f"the entry is dated {format_instant(entry.at)}, its commit {format_instant(commit.committed)}"
    # a date ahead of its commit could reach past a freeze or an expiry
    if is_ahead(entry.at, commit.committed):
        yield entry_break(commit, entry, "entry-postdated", dates)
    # a merge may wait for days: only a direct commit has to bear the date of its apply
    elif not direct and entry.at < commit.committed - LATE:
        late = entry_break(commit, entry, "landed-late", f"{dates}: review the commits in between")
        yield replace(late, severity=Severity.WARNING)
    elif direct and is_ahead(commit.committed, entry.at):
        yield entry_break(commit, entry, "entry-backdated", dates)


def entry_under_test_clock(commit: FirstParentCommit, entry: Entry) -> Iterator[Break]:
    """An entry that was written under the test clock."""
    if entry.tool.endswith(TEST_CLOCK_MARK):
        message = f"it was written under the test clock, by {entry.tool}: its date is no date"
        yield entry_break(commit, entry, "entry-test-clock", message)


def denied_promotions(
    commit: FirstParentCommit, entry: Entry, promotions: Sequence[Promotion]
) -> Iterator[Break]:
    """Agents of the entry on which the verdict at that time is not allowed."""
    by_agent = {promotion.agent: promotion for promotion in promotions}
    for transition in entry.agents:
        promotion = by_agent.get(transition.agent)
        if promotion is None or promotion.verdict is not Verdict.ALLOWED:
            # an agent without a verdict was never decided: the same as a denial
            verdict = promotion.verdict if promotion else "not given"
            why = _unmet_text(promotion) if promotion else ""
            message = (
                f"the verdict on {transition.agent} at that time is {verdict}{f': {why}' if why else ''}"
            )
            yield entry_break(commit, entry, "verdict-not-allowed", message, transition.agent)


def uncompared_commits(
    commit: FirstParentCommit, entry: Entry, promotions: Sequence[Promotion]
) -> Iterator[Break]:
    """Commits that somebody committed again for their author, without an original to compare: a note for each."""
    for promotion in promotions:
        for person in promotion.uncompared:
            message = (
                f"{person.email} committed {person.commit[:12]} again for its author, and no ref reaches an original "
                "of it to compare"
            )
            uncompared = entry_break(commit, entry, "author-uncompared", message, promotion.agent)
            yield replace(uncompared, severity=Severity.NOTE)


def entry_mismatches(
    commit: FirstParentCommit,
    entry: Entry,
    promotions: Sequence[Promotion],
    *,
    names_attestations: bool = True,
) -> Iterator[Break]:
    """
    Fields of an entry that differ from its verdict: kind, states, release, generation, files of records.

    Not *names_attestations*: it was written before entries named them, as far as its ledger shows.
    """
    by_agent = {
        promotion.agent: promotion for promotion in promotions if promotion.verdict is Verdict.ALLOWED
    }
    allowed = [by_agent[transition.agent] for transition in entry.agents if transition.agent in by_agent]
    for transition in entry.agents:
        promotion = by_agent.get(transition.agent)
        if promotion is None:
            continue
        # a removal has no state: EMPTY_STATE only stands in for it in approvals
        is_removal = transition.to_state is None
        stated = (
            entry.kind,
            transition.from_state,
            transition.generation,
            transition.to_state,
            transition.release,
            transition.renamed_from,
        )
        states = (None, None) if is_removal else (promotion.to_state, promotion.release)
        former = promotion.renamed_from
        computed = (str(promotion.kind), promotion.from_state, promotion.generation, *states, former)
        for word, actual, expected in zip(
            ("kind", "from", "generation", "to", "release", "renamedFrom"), stated, computed, strict=True
        ):
            if actual != expected:
                message = f"{word} of {transition.agent} is {actual!r}, its verdict gives {expected!r}"
                yield entry_break(commit, entry, "entry-untrue", message, transition.agent)
    # a missing verdict would make every file of its agent look invented
    if len(allowed) == len(entry.agents):
        yield from record_mismatches(commit, entry, allowed, names_attestations=names_attestations)


def record_mismatches(
    commit: FirstParentCommit,
    entry: Entry,
    promotions: Sequence[Promotion],
    *,
    names_attestations: bool = True,
) -> Iterator[Break]:
    """Records that an entry names beside those that its verdicts rest on, or leaves out."""
    stated_files = {str(record["file"]) for record in entry.records}
    counted_files = {
        file
        for promotion in promotions
        for file in promotion.counted
        if names_attestations or not layout.is_attestation(file)
    }
    # both ways: a hidden approval is as untrue as an invented one
    for file in sorted(stated_files ^ counted_files):
        claim = "names" if file in stated_files else "does not name"
        fact = "does not rest on" if file in stated_files else "rests on"
        yield entry_break(
            commit, entry, "entry-untrue", f"the entry {claim} {file}, and its verdict {fact} it"
        )


def requirement_mismatches(
    commit: FirstParentCommit,
    entry: Entry,
    replayed: Sequence[Mapping[str, Any]],
    *,
    keys: Sequence[str],
) -> Iterator[Break]:
    """
    Requirements of an entry that differ from those of its verdict, which *replayed* holds as an entry records them.

    Only *keys* are compared: another version of the tool may word the others in its own way.
    """
    stated, computed = (
        sorted(repr([record.get(key) for key in keys]) for record in records)
        for records in (entry.requirements, replayed)
    )
    if stated == computed:
        return
    invented = [text for text in stated if text not in computed]
    missing = [text for text in computed if text not in stated]
    message = "the requirements of the entry are not those of its verdict"
    parts = (("the entry says", invented), ("the verdict says", missing))
    details = [f"{word} {texts[0]}" for word, texts in parts if texts]
    yield entry_break(
        commit, entry, "entry-untrue", f"{message}: {'; '.join(details) or 'one is there twice'}"
    )


def trailer_mismatch(
    commit: FirstParentCommit, entry: Entry, line: str, trailers: Sequence[tuple[int, str]], *, required: bool
) -> Iterator[Break]:
    """
    An entry that is not the line that the trailer of its commit names; *line* is the digest of its line.

    Shape: *trailers* are number and digest of each ``Fleet-Ledger``. *required*: ``--apply`` wrote the message.
    """
    named = [digest for seq, digest in trailers if seq == entry.seq]
    if line in named or not (named or required):
        return
    if named:
        message = f"its line is {line}, and the trailer Fleet-Ledger of its commit names {named[0]}"
    else:
        message = "its commit has no trailer Fleet-Ledger for it"
    yield entry_break(commit, entry, "entry-untrue", message)


def applier_refusal(commit: FirstParentCommit, entry: Entry, fault: str | None) -> Iterator[Break]:
    """A line that nobody whom the policy's ``apply`` names has written: it counts nowhere."""
    if fault is not None:
        yield entry_break(commit, entry, "applier-refused", f"the line counts nowhere: {fault}")


def break_glass_mismatches(
    commit: FirstParentCommit, entry: Entry, promotions: Sequence[Promotion], within: timedelta | None
) -> Iterator[Break]:
    """Break-glass fields of an entry that differ from its verdict: what was skipped, when the review is due."""
    break_glass = entry.break_glass
    if break_glass is None or within is None:
        return
    entry_agents = {transition.agent for transition in entry.agents}
    skipped = [
        requirement
        for promotion in promotions
        if promotion.agent in entry_agents
        for requirement in promotion.skipped
    ]
    comparisons = [
        ("the skipped requirements", _listed(break_glass.skipped), _listed(skipped_kinds(skipped))),
        ("the review deadline", format_instant(break_glass.review_by), format_instant(entry.at + within)),
    ]
    # lines of earlier versions list kinds alone
    if break_glass.left_out is not None or entry.governance_version > 1:
        words = left_out_words(skipped)
        comparisons.append(("what it left out", _listed(break_glass.left_out or ()), _listed(words)))
    for word, stated, computed in comparisons:
        if stated != computed:
            yield entry_break(
                commit, entry, "entry-untrue", f"{word}: {stated}, but its verdict gives {computed}"
            )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "nothing"


def actor_mismatch(
    commit: FirstParentCommit, entry: Entry, author: str, committer: str, people: People
) -> Iterator[Break]:
    """
    A promotion committed by another person than the actor of its entry.

    Addresses are only claims of the commit. A forge commits as a robot that nobody operates, which is no break, or with
    an author and a committer who differ, which is a warning.
    """
    actor, author_account, committer_account = (
        people.by_email(email) for email in (entry.actor, author, committer)
    )
    # a forge commits as a robot that nobody operates, such as noreply@github.com (SPEC 1.3)
    is_forge = isinstance(committer_account, Robot) and committer_account.operated_by is None
    is_own_commit = entry.actor.casefold() in (author.casefold(), committer.casefold())
    if is_own_commit or is_forge or (actor is not None and actor in (author_account, committer_account)):
        return
    message = f"its actor is {entry.actor}, but {committer} made the commit"
    mismatch = entry_break(commit, entry, "actor-unlike", message)
    yield mismatch if author_account == committer_account else replace(mismatch, severity=Severity.WARNING)


def _unmet_text(promotion: Promotion) -> str:
    unmet = [requirement for requirement in promotion.requirements if requirement.status.value != "met"]
    reasons = [
        f"{requirement.kind} {requirement.condition}: {requirement.detail or requirement.status}"
        for requirement in unmet
    ]
    ignored = [f"{it.approver} does not count: {it.reason}" for it in promotion.not_counted]
    # a verdict may have hundreds of reasons, and a finding is one line
    return "; ".join([*reasons, *ignored][:4])


def entry_break(
    commit: FirstParentCommit, entry: Entry, rule: str, message: str, agent: str | None = None
) -> Break:
    """A break at the line of a ledger entry."""
    return Break(
        rule=rule,
        message=f"entry {entry.seq} of {entry.environment}: {message}",
        commit=commit.id,
        file=layout.ledger_file(entry.environment),
        line=entry.seq,
        seq=entry.seq,
        hint=f"git show {commit.id[:12]}",
        environment=entry.environment,
        agent=agent,
    )
