"""The decision behind ledger entries: its commit, its dates, its governance and its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.audit import Break
from fleetward.domain.clock import format_instant, is_ahead
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import Entry
from fleetward.domain.verdict import Promotion
from fleetward.gate import entry_checks, history_checks
from fleetward.store.git.commit import read_commits
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.ledger import ADOPT
from fleetward.workflows.audit.commit_files import folder_files
from fleetward.workflows.audit.entry_adoption import check_adoption
from fleetward.workflows.audit.entry_claims import check_policy, check_requirements
from fleetward.workflows.audit.entry_commit import check_commit
from fleetward.workflows.audit.entry_context import EntryContext
from fleetward.workflows.audit.entry_records import record_dates
from fleetward.workflows.audit.reevaluate import reevaluate
from fleetward.workflows.promotion.context import VerifiedCommit, load_context


def check_decision(context: EntryContext, group: Sequence[Entry]) -> Iterator[Break]:
    """Check the decision on a group of entries, which one ``--apply`` wrote."""
    first, commit = group[0], context.commit
    # find_commit resolves names: an entry has to hold the full id
    if context.root.repository.find_commit(first.commit) != first.commit:
        message = f"it was decided at commit {first.commit[:12]}, which is not in this repository"
        yield context.entry_break(first, "judged-commit-missing", message)
        return
    is_direct = commit.is_single and first.commit == commit.parent
    yield from _check_dates(context, group, is_direct=is_direct)
    stale = _stale_decision(context, first)
    # a stale decision makes every later comparison meaningless
    if stale is not None:
        yield stale
        return
    if is_direct:
        yield from history_checks.unrelated_changes(commit, group)
    if first.kind == ADOPT:
        yield from check_adoption(context, group)
    else:
        yield from _check_verdict(context, group)


def _check_dates(context: EntryContext, group: Sequence[Entry], *, is_direct: bool) -> Iterator[Break]:
    first = group[0]
    decision, commit = read_commits(context.root.repository, [first.commit, context.commit.id])
    # a forge that squashes or rebases makes another commit, and makes it when somebody merges
    is_direct = is_direct and commit.committer == first.actor
    earlier = [(f"commit {decision.id[:12]}, at which it was decided", decision.committed)]
    before = context.entries_before(first)
    # a back-dated commit could bring back an expired approval or an old freeze
    if latest := context.latest_date(decision.id):
        id_, instant = latest
        words = f"commit {id_[:12]} of {format_instant(instant)}, which the branch had already"
        # entries are asked only where it matters: most clocks go right
        moment = _shown_by(context, before, id_, instant) if is_ahead(instant, first.at) else instant
        earlier.append((words, moment))
    earlier += [("the entry before", before[-1].at)] if before else []
    for entry in group:
        dates = [*record_dates(context, entry), *earlier]
        yield from entry_checks.dating_errors(
            context.commit, entry, direct=is_direct, earlier=dates, now=context.run.now
        )
        if not context.run.test_clock:
            yield from entry_checks.entry_under_test_clock(context.commit, entry)


def _shown_by(context: EntryContext, before: Sequence[Entry], latest: Id, instant: datetime) -> datetime:
    """
    When *latest*, a commit dated *instant*, was there at the latest.

    An entry that was decided on top of it shows that: where the commit's clock was ahead, the entry's date counts.
    """
    moments = []
    for entry in reversed(before):
        known = context.root.repository.find_commit(entry.commit) == entry.commit
        if not known or (context.latest_date(entry.commit) or ("",))[0] != latest:
            break
        moments.append(entry.at)
    # the newest of them: entry by entry time would go back else
    return min(instant, max(moments)) if moments else instant


def _stale_decision(context: EntryContext, first: Entry) -> Break | None:
    """A decision on another ledger, under other governance or with fewer records than the branch had."""
    root, environment, policy_commit = context.root, first.environment, context.policy_commit
    lines = context.after.content.split(b"\n", first.seq - 1)[: first.seq - 1]
    expected = b"".join(line + b"\n" for line in lines)
    decided = f"it was decided at commit {first.commit[:12]},"
    # the pull request must be written on the base's ledger, or numbers would be used twice
    if (
        policy_commit
        and records.ledger_bytes(root.commit_tree(policy_commit), environment) != context.before.content
    ):
        message = "it was written on another ledger than the base has: promote again on top of the base"
        return context.entry_break(first, "entry-elsewhere", message)
    if records.ledger_bytes(root.commit_tree(first.commit), environment) != expected:
        message = f"{decided} where the ledger before it is another one"
        return context.entry_break(first, "entry-elsewhere", message)
    # a decision beside the branch could overlook a veto that was there already
    if first.commit != context.commit.parent and (record := _missing_record(context, first)):
        message = f"{decided} which lacks a record that the branch had already: {record}"
        return context.entry_break(first, "records-unseen", message)
    return None


def _missing_record(context: EntryContext, first: Entry) -> str | None:
    """A record about the agents of *first* that the branch had before, and the commit of the decision lacks."""
    for change in first.agents:
        for folder in (
            layout.approvals_folder(f"{first.environment}/{change.agent}"),
            f"{layout.EVIDENCE}/{change.agent}",
            # entries of earlier versions were decided without that question
            *([layout.attestations_folder(change.agent)] if first.attestations else []),
        ):
            at_decision = folder_files(context.root, first.commit, folder)
            for path, file in sorted(folder_files(context.root, context.policy_commit, folder).items()):
                if at_decision.get(path) != file:
                    return f"{folder}/{path}"
    return None


def _check_verdict(context: EntryContext, group: Sequence[Entry]) -> Iterator[Break]:
    """Decide again, with the governance, the records and the clock of that time."""
    first = group[0]
    try:
        promotion = load_context(
            # the clock of that time: expiry, freezes and membership are judged as they were
            replace(context.run, now=first.at),
            to=first.environment,
            agents=[change.agent for entry in group for change in entry.agents],
            # the ledger at that commit ends before these entries
            at=VerifiedCommit(root=context.root, head=first.commit, governance=context.governance),
        )
        promotions = reevaluate(promotion, *group)
    # what cannot be decided again is a break, never a pass
    except FleetError as error:
        message = f"it cannot be decided again: {error.message}"
        yield context.entry_break(first, "verdict-not-allowed", message)
        return
    yield from check_commit(context, group, promotion.people)
    for entry in group:
        is_stop = entry.break_glass is not None and entry.break_glass.is_stop
        terms = promotion.policy.stop if is_stop else promotion.policy.break_glass
        review_within = terms.review_within if terms else None
        yield from check_policy(context, entry)
        yield from entry_checks.denied_promotions(context.commit, entry, promotions)
        yield from entry_checks.uncompared_commits(context.commit, entry, _of_entry(entry, promotions))
        # the lines above are looked at only where it matters
        rests_on_any = any(layout.is_attestation(file) for item in promotions for file in item.counted)
        yield from entry_checks.entry_mismatches(
            context.commit,
            entry,
            promotions,
            names_attestations=not rests_on_any or context.names_attestations(entry),
        )
        yield from check_requirements(context, entry, promotions)
        yield from entry_checks.break_glass_mismatches(context.commit, entry, promotions, review_within)


def _of_entry(entry: Entry, promotions: Sequence[Promotion]) -> tuple[Promotion, ...]:
    agents = {change.agent for change in entry.agents}
    return tuple(promotion for promotion in promotions if promotion.agent in agents)
