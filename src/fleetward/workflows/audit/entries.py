"""The ledger entries that a commit added: do the folders show the states that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from fleetward.domain import layout
from fleetward.domain.audit import Break
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.domain.manifest import executable_paths
from fleetward.gate import entry_checks
from fleetward.store.formats.document import read_document
from fleetward.store.git.contents import state_digest
from fleetward.store.git.repository import Id
from fleetward.store.records.ledger import ADOPT
from fleetward.workflows.audit.commit_files import file_content, folder_files
from fleetward.workflows.audit.entry_context import EntryContext
from fleetward.workflows.audit.entry_decision import check_decision
from fleetward.workflows.audit.entry_records import check_records, check_signature

_COPYING_KINDS = (
    PromotionKind.CREATE,
    PromotionKind.UPDATE,
    PromotionKind.OVERRIDE,
    PromotionKind.ROLLBACK,
)


def check_entries(context: EntryContext) -> Iterator[Break]:
    """
    Check states, records, signatures, dates and verdicts of the added entries.

    Entries of one ``--apply`` are one group: they were decided together.
    """
    for _, group in groupby(
        context.after.added, key=lambda entry: (entry.commit, entry.at, entry.kind == ADOPT)
    ):
        entries = tuple(group)
        for item in _check_group(context, entries):
            # what lies beside the entry is still a break of it
            yield item if item.seq is not None else replace(item, seq=entries[0].seq)


def _check_group(context: EntryContext, entries: Sequence[Entry]) -> Iterator[Break]:
    state_breaks = [item for entry in entries for item in _check_states(context, entry)]
    yield from state_breaks
    for entry in entries:
        yield from check_records(context, entry)
        yield from check_signature(context, entry)
    # an agent whose states are wrong has no verdict of its own to check
    reported = {item.agent for item in state_breaks}
    for item in check_decision(context, entries):
        if item.agent is None or item.agent not in reported:
            yield item


def _check_states(context: EntryContext, entry: Entry) -> Iterator[Break]:
    """The states before and after, compared with the folders; for copied releases the modes of files, too."""
    added = context.after.added
    last = {change.agent: item.seq for item in added for change in item.agents}
    before, after = _folder_states(context, entry, last)
    breaks = tuple(entry_checks.state_mismatches(context.commit, entry, before, after))
    if entry.kind == ADOPT:
        # an adoption changes no folder, so its agents are always elsewhere
        yield from (item for item in breaks if item.rule != "entry-elsewhere")
        return
    yield from breaks
    # modes of wrong states are noise beside the state itself
    if not breaks and entry.kind in _COPYING_KINDS:
        yield from _check_copied_files(context, entry, last)


def _folder_states(
    context: EntryContext, entry: Entry, last: Mapping[str, int]
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """
    The state digests before and after *entry*, by agent.

    Between two entries of one commit about the same agent there is no folder: their own word counts. Nothing came
    before an adoption.
    """
    first = {change.agent: item.seq for item in reversed(context.after.added) for change in item.agents}
    before, after = {}, {}
    for change in entry.agents:
        name, folder = change.agent, layout.agent_folder(entry.environment, change.agent)
        before[name], after[name] = change.from_state, change.to_state
        # only the first entry of this commit starts from the folder of the parent
        if first[name] == entry.seq:
            parent = context.commit.parent
            before[name] = state_digest(context.root.commit_tree(parent), folder) if parent else None
        # only the last one leaves the folder of this commit
        if last[name] == entry.seq:
            after[name] = state_digest(context.root.commit_tree(context.commit.id), folder)
    return (dict.fromkeys(before) if entry.kind == ADOPT else before), after


def _check_copied_files(context: EntryContext, entry: Entry, last: Mapping[str, int]) -> Iterator[Break]:
    """A release is copied with the modes of its files."""
    for change in entry.agents:
        if last[change.agent] != entry.seq or not change.to_state:
            continue
        origin = _release_origin(context, entry, change)
        if origin is not None:
            target = layout.agent_folder(entry.environment, change.agent)
            yield from entry_checks.release_mode_changes(
                context.commit,
                entry,
                change.agent,
                folder_files(context.root, *origin),
                folder_files(context.root, context.commit.id, target),
                _executables(context, f"{target}/{layout.MANIFEST}"),
            )


def _executables(context: EntryContext, file: str) -> frozenset[str]:
    """What the manifest of a promoted release lists as programs."""
    content = file_content(context.root, context.commit.id, file)
    return executable_paths(read_document(content, file, "agent").data or {}) if content else frozenset()


def _release_origin(context: EntryContext, entry: Entry, change: AgentTransition) -> tuple[Id, str] | None:
    """The commit and folder that a release was copied from; for a rollback, where it was promoted earlier."""
    if entry.kind == PromotionKind.ROLLBACK:
        release = (change.agent, change.release)
        # newest first: a release may have been promoted more than once
        for commit, earlier in reversed(context.earlier_entries):
            releases = ((item.agent, item.release) for item in earlier.agents)
            if earlier.environment == entry.environment and release in releases:
                return commit.id, layout.agent_folder(entry.environment, change.agent)
        return None
    target = context.config.environment(entry.environment) if context.config else None
    if target is None or not target.sources:
        return None
    # history may have lost it: judged-commit-missing is reported with the decision
    if context.root.repository.find_commit(entry.commit) != entry.commit:
        return None
    return entry.commit, layout.agent_folder(target.sources[0], change.agent)
