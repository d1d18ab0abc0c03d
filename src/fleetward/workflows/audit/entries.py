"""The ledger entries that a commit brought, replayed: states, records, dates and verdicts as they were at that time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from fleetward.domain import digest, layout, limits
from fleetward.domain.audit import REGULAR_MODES, Break, FileVersion, FirstParentCommit
from fleetward.domain.clock import format_instant
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.gate import history_checks
from fleetward.store.git.commit import read_commits
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.records import approvals as statements
from fleetward.store.records import authenticity
from fleetward.store.records import evidence as runs
from fleetward.store.records import load as records
from fleetward.store.records.ledger import ADOPT
from fleetward.store.records.ledger_revisions import LedgerRevision
from fleetward.workflows.audit.reevaluate import reevaluate
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.promotion.context import PromotionContext, VerifiedCommit, load_context

UNREADABLE = "what no digest names"
_COPYING_KINDS = (
    *(PromotionKind.CREATE, PromotionKind.UPDATE, PromotionKind.OVERRIDE),
    PromotionKind.ROLLBACK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryContext:
    """
    One landing with what stood before it.

    *law* is the commit whose governance is in force for what lands; *config* what it says is gated; *newest* tells
    the latest date that the branch had where a commit left it, and whose that is.
    """

    run: RunContext
    root: FleetRoot
    landing: FirstParentCommit
    before: LedgerRevision
    after: LedgerRevision
    policy_commit: Id | None
    config: FleetConfig | None
    newest_commit: Callable[[Id], tuple[Id, datetime] | None]
    earlier_entries: Sequence[tuple[FirstParentCommit, Entry]] = ()
    """The entries that were looked at before."""


def check_entries(context: EntryContext) -> Iterator[Break]:
    """Everything about the entries that a landing brought which is not as it has to be."""
    for _, group in groupby(
        context.after.added, key=lambda entry: (entry.commit, entry.at, entry.kind == ADOPT)
    ):
        entries = tuple(group)
        state_breaks = [finding for entry in entries for finding in _check_states(context, entry)]
        yield from state_breaks
        for entry in entries:
            yield from _check_records(context, entry)
            yield from _check_signature(context, entry)
        # of what did not happen as it is told, no verdict could be another wrong
        agents = {finding.agent for finding in state_breaks}
        yield from (
            finding
            for finding in _check_decision(context, entries)
            if finding.agent is None or finding.agent not in agents
        )


def state_digest(ground: FleetRoot, commit: Id | None, environment: str, agent: str) -> str | None:
    """The state digest of an agent's folder in a commit; None where it is not there."""
    files = folder_files(ground, commit, layout.agent_folder(environment, agent))
    if not files:
        return None
    if any(file.mode not in REGULAR_MODES for file in files.values()):
        return UNREADABLE
    contents = ground.repository.blobs((file.id for file in files.values()), limits.AGENT_FILE_BYTES)
    loaded = [(path, contents[file.id]) for path, file in files.items()]
    texts = [(path, content) for path, content in loaded if isinstance(content, bytes)]
    return digest.of_files(texts) if len(texts) == len(loaded) and _is_utf8(files) else UNREADABLE


def folder_files(ground: FleetRoot, commit: Id | None, folder: str) -> dict[str, FileVersion]:
    """The files under *folder* in a commit, by their path in it."""
    entries = ground.commit_tree(commit).entries(folder) if commit else ()
    prefix_length = len(folder) + 1
    return {entry.path[prefix_length:] or ".": FileVersion(entry.mode, entry.id or "") for entry in entries}


def _is_utf8(files: Mapping[str, FileVersion]) -> bool:
    return not any("\udc80" <= character <= "\udcff" for path in files for character in path)


def _check_states(context: EntryContext, entry: Entry) -> Iterator[Break]:
    """The states that an entry moves from and to, against the folders, files' modes included."""
    landing, ground = context.landing, context.root
    added = context.after.added
    first = {change.agent: finding.seq for finding in reversed(added) for change in finding.agents}
    last = {change.agent: finding.seq for finding in added for change in finding.agents}
    before, after = {}, {}
    for change in entry.agents:
        name = change.agent
        location = {"environment": entry.environment, "agent": name}
        is_first, is_last = first[name] == entry.seq, last[name] == entry.seq
        before[name] = state_digest(ground, landing.parent, **location) if is_first else change.from_state
        after[name] = state_digest(ground, landing.id, **location) if is_last else change.to_state
    if entry.kind == ADOPT:
        before = dict.fromkeys(before)
    breaks = tuple(history_checks.state_mismatches(landing, entry, before, after))
    if entry.kind == ADOPT:
        yield from (finding for finding in breaks if finding.rule != "entry-elsewhere")
        return
    yield from breaks
    if not breaks and entry.kind in _COPYING_KINDS:
        yield from _check_copied_files(context, entry, last)


def _check_copied_files(context: EntryContext, entry: Entry, last: Mapping[str, int]) -> Iterator[Break]:
    """A release is copied with the modes of its files."""
    for change in entry.agents:
        origin = (
            _release_origin(context, entry, change)
            if last[change.agent] == entry.seq and change.to_state
            else None
        )
        if origin is not None:
            commit, folder = origin
            target = layout.agent_folder(entry.environment, change.agent)
            yield from history_checks.release_mode_changes(
                context.landing,
                entry,
                change.agent,
                folder_files(context.root, commit, folder),
                folder_files(context.root, context.landing.id, target),
            )


def _release_origin(
    context: EntryContext, entry: Entry, moved_agent: AgentTransition
) -> tuple[Id, str] | None:
    """Where a release came from: the source, or for a rollback the landing that had brought it here before."""
    if entry.kind == PromotionKind.ROLLBACK:
        folder = layout.agent_folder(entry.environment, moved_agent.agent)
        for landing, earlier in reversed(context.earlier_entries):
            changes = (
                change
                for change in earlier.agents
                if (change.agent, change.release) == (moved_agent.agent, moved_agent.release)
            )
            if earlier.environment == entry.environment and any(changes):
                return landing.id, folder
        return None
    target = context.config.environment(entry.environment) if context.config else None
    if target is None or not target.sources:
        return None
    if context.root.repository.find_commit(entry.commit) != entry.commit:
        return None
    return entry.commit, layout.agent_folder(target.sources[0], moved_agent.agent)


def _check_records(context: EntryContext, entry: Entry) -> Iterator[Break]:
    """The approvals and the evidence that an entry names, as the landing holds them."""
    for kind, names in (("approval", entry.approvals), ("evidence", entry.evidence)):
        for name in names:
            file = str(name["file"])
            yield from _check_record(context, entry, kind, file, str(name["sha256"]))
            if "signature" in name:
                yield from _check_record(
                    context, entry, kind, records.signature_name(file), str(name["signature"])
                )


def _check_record(
    context: EntryContext, entry: Entry, kind: str, file: str, expected: str
) -> Iterator[Break]:
    content = _file_content(context.root, context.landing.id, file)
    template = replace(history_checks.entry_break(context.landing, entry, "", ""), file=file, line=1)
    if content is None:
        message = f"entry {entry.seq} of {entry.environment} names it, and it is not there"
        yield replace(template, rule=f"{kind}-missing", message=message)
    elif digest.of_bytes(content) != expected:
        actual = digest.of_bytes(content)
        message = f"entry {entry.seq} of {entry.environment} names it as {expected}, it is {actual}"
        yield replace(template, rule=f"{kind}-changed", message=message)


def _check_signature(context: EntryContext, entry: Entry) -> Iterator[Break]:
    """The signature beside an entry, if it has one, by the people of that time."""
    file = layout.ledger_signature_file(entry.environment, entry.seq)
    if not context.root.commit_tree(context.landing.id).entries(file):
        return
    content = _file_content(context.root, context.landing.id, file)
    try:
        people = load_fleet(context.root.commit_tree(entry.commit), only=()).require_governance().people
    except FleetError:  # told where the verdict is asked for again
        return
    refusal = authenticity.entry_signature_fault(
        entry.line.encode(), content or b"", entry.actor, people, entry.at
    )
    if refusal is not None:
        message = f"entry {entry.seq} of {entry.environment} is not signed by {entry.actor}: {refusal}"
        template = replace(history_checks.entry_break(context.landing, entry, "", ""), file=file, line=1)
        yield replace(template, rule="seal-broken", message=message)


def _file_content(ground: FleetRoot, commit: Id, file: str) -> bytes | None:
    tree = ground.commit_tree(commit)
    entries = [entry for entry in tree.entries(file) if entry.mode in REGULAR_MODES and entry.path == file]
    content = tree.read(entries, limits.APPROVAL_BYTES * 4).get(file)
    return content if isinstance(content, bytes) else None


def _check_decision(context: EntryContext, group: Sequence[Entry]) -> Iterator[Break]:
    """The ground of a unit of entries (one call of ``--apply``), its dates, and its verdict."""
    landing, ground, first = context.landing, context.root, group[0]
    if ground.repository.find_commit(first.commit) != first.commit:
        message = f"commit {first.commit[:12]}, at which it was judged, is not in this repository"
        yield history_checks.entry_break(landing, first, "judged-commit-missing", message)
        return
    direct = landing.is_single and first.commit == landing.parent
    yield from _check_dates(context, group, direct=direct)
    if elsewhere := tuple(_check_decision_commit(context, first)):
        yield from elsewhere
        return
    if direct:
        yield from history_checks.unrelated_changes(landing, group)
    if first.kind == ADOPT:
        yield from _check_adoption(context, group)
    else:
        yield from _check_verdict(context, group)


def _check_decision_commit(context: EntryContext, first: Entry) -> Iterator[Break]:
    """A unit that was judged on another ledger, or under another law, than stood here."""
    landing, ground, environment = context.landing, context.root, first.environment
    lines = [entry.line for entry in context.after.entries if entry.seq < first.seq]
    expected = "".join(f"{line}\n" for line in lines).encode()
    if (
        context.policy_commit
        and records.ledger_bytes(ground.commit_tree(context.policy_commit), environment)
        != context.before.content
    ):
        message = "the base has another ledger than it was written on: promote again on top of it"
        yield history_checks.entry_break(landing, first, "entry-elsewhere", message)
    elif records.ledger_bytes(ground.commit_tree(first.commit), environment) != expected:
        message = (
            f"commit {first.commit[:12]}, at which it was judged, has another ledger than this one before it"
        )
        yield history_checks.entry_break(landing, first, "entry-elsewhere", message)
    elif first.commit != context.policy_commit and _governance_files(
        ground, first.commit
    ) != _governance_files(ground, context.policy_commit):
        message = (
            f"commit {first.commit[:12]}, at which it was judged, has another governance than was in force"
        )
        yield history_checks.entry_break(landing, first, "policy-not-in-force", message)
    elif first.commit != landing.parent and (record := _unseen_record(context, first)):
        message = f"commit {first.commit[:12]}, at which it was judged, lacks {record}, which the branch had already"
        yield history_checks.entry_break(landing, first, "records-unseen", message)


def _unseen_record(context: EntryContext, first: Entry) -> str | None:
    """A record about its agents that stood here before, and that the commit at which it was judged does not have."""
    for change in first.agents:
        for folder in (
            layout.approvals_folder(f"{first.environment}/{change.agent}"),
            f"{layout.EVIDENCE}/{change.agent}",
        ):
            seen_files = folder_files(context.root, first.commit, folder)
            for path, file in sorted(folder_files(context.root, context.policy_commit, folder).items()):
                if seen_files.get(path) != file:
                    return f"{folder}/{path}"
    return None


def _governance_files(ground: FleetRoot, commit: Id | None) -> dict[str, FileVersion]:
    return folder_files(ground, commit, layout.GOVERNANCE)


def _check_dates(context: EntryContext, group: Sequence[Entry], *, direct: bool) -> Iterator[Break]:
    decided_at, committed_as = read_commits(context.root.repository, [group[0].commit, context.landing.id])
    # a forge that squashes or rebases makes another commit, and makes it when somebody merges
    direct = direct and committed_as.committer == group[0].actor
    earlier = [(f"commit {decided_at.id[:12]}, which it was judged at", decided_at.committed)]
    if newest := context.newest_commit(decided_at.id):
        entry_or_commit, when = newest
        earlier.append(
            (f"commit {entry_or_commit[:12]} of {format_instant(when)}, which the branch had already", when)
        )
    before = [
        entry_or_commit for entry_or_commit in context.after.entries if entry_or_commit.seq < group[0].seq
    ]
    exact = [("the entry before", before[-1].at)] if before else []
    for entry in group:
        dates = [*exact, *_record_dates(context, entry)]
        yield from history_checks.dating_errors(
            context.landing, entry, direct=direct, earlier=earlier, exact=dates
        )


def _record_dates(context: EntryContext, entry: Entry) -> Iterator[tuple[str, datetime]]:
    for name in (*entry.approvals, *entry.evidence):
        file = str(name["file"])
        content = _file_content(context.root, context.landing.id, file)
        try:
            if content and file.startswith(f"{layout.APPROVALS}/"):
                yield file, statements.decode(content, file).issued
            elif content:
                yield file, runs.decode(content, file).recorded
        except FleetError:
            continue


def _check_adoption(context: EntryContext, group: Sequence[Entry]) -> Iterator[Break]:
    """Adopting happens once, first, and changes nothing: what it trusts stood there when it was judged."""
    for entry in group:
        if entry.seq != 1:
            message = "an adoption after the ledger had begun: nothing was approved"
            yield history_checks.entry_break(context.landing, entry, "adopted-again", message)
            continue
        for change in entry.agents:
            state_before = state_digest(context.root, entry.commit, entry.environment, change.agent)
            if state_before != change.to_state:
                message = f"{change.agent} was {state_before or 'nothing'} when it was adopted"
                yield history_checks.entry_break(
                    context.landing, entry, "state-mismatch", message, change.agent
                )
        yield from _check_policy(context, entry, None)


def _check_verdict(context: EntryContext, group: Sequence[Entry]) -> Iterator[Break]:
    first = group[0]
    names = [change.agent for entry in group for change in entry.agents]
    try:
        promotion_context = load_context(
            replace(context.run, now=first.at),
            to=first.environment,
            agents=names,
            at=VerifiedCommit(root=context.root, head=first.commit),
        )
        promotions = reevaluate(promotion_context, *group)
    except FleetError as error:
        message = f"it cannot be judged again: {error.message}"
        yield history_checks.entry_break(context.landing, first, "verdict-not-allowed", message)
        return
    landing = context.landing
    if landing.is_single and first.commit == landing.parent:
        [commit] = read_commits(context.root.repository, [landing.id])
        for entry in group:
            yield from history_checks.actor_mismatch(
                landing, entry, commit.author, commit.committer, promotion_context.people
            )
    for entry in group:
        policy_breaks = tuple(_check_policy(context, entry, promotion_context))
        yield from policy_breaks
        yield from history_checks.denied_promotions(context.landing, entry, promotions)
        yield from history_checks.entry_mismatches(context.landing, entry, promotions)
        break_glass = promotion_context.policy.break_glass
        within = break_glass.review_within if break_glass else None
        yield from history_checks.break_glass_mismatches(context.landing, entry, promotions, within)


def _check_policy(
    context: EntryContext, entry: Entry, promotion_context: PromotionContext | None
) -> Iterator[Break]:
    """The law that an entry says it rests on, against the one of the commit at which it was judged."""
    tree = context.root.commit_tree(entry.commit)
    policy = _file_content(context.root, entry.commit, layout.POLICY)
    policy_sha256 = digest.of_bytes(policy) if policy is not None else None
    if entry.policy_sha256 != policy_sha256 or (
        promotion_context and promotion_context.policy.version != entry.policy_version
    ):
        message = (
            f"it names policy {entry.policy_version} ({entry.policy_sha256}), in force was {policy_sha256}"
        )
        yield history_checks.entry_break(context.landing, entry, "policy-not-in-force", message)
    elif entry.governance != (governance := records.governance_digest(tree)):
        message = f"it names governance {entry.governance}, in force was {governance}"
        yield history_checks.entry_break(context.landing, entry, "policy-not-in-force", message)
