"""Who contributed to a change: the authors of the release and of the proposal of an agent."""

from __future__ import annotations

from dataclasses import replace

from fleetward.domain import digest, layout
from fleetward.domain.approval import Binding
from fleetward.domain.break_glass import RequiredReview
from fleetward.domain.contributor import Contributor
from fleetward.domain.fleet import Environment
from fleetward.domain.ledger import AgentTransition, Entry, Ledger
from fleetward.domain.manifest import Agent
from fleetward.store.git.change_authors import ChangeAuthors, ChangeScope, change_authors
from fleetward.store.git.contents import contents
from fleetward.store.git.file_history import commit_of_promotion
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.approvals import EMPTY_STATE
from fleetward.store.records.ledger import ADOPT
from fleetward.workflows.promotion.context import PromotionContext


def change_contributors(
    context: PromotionContext, name: str, head: Id, ledger: Ledger
) -> tuple[Contributor, ...]:
    """The authors of the release and of the proposal of *name* at *head*, by *ledger*; see written_changes."""
    changes = written_changes(context, name, head, ledger)
    return tuple(person for change in changes for person in change.contributors)


def written_changes(
    context: PromotionContext, name: str, head: Id, ledger: Ledger
) -> tuple[ChangeAuthors, ...]:
    """
    Who wrote the release and the proposal of *name* at *head*, by *ledger*.

    Authors of the release: since the entry that first promoted the release that runs. After a rollback this is an
    older entry, so that the authors of the release that was left still count. A promotion that keeps the running
    release has only the authors of its proposal.
    """
    # a suspension takes nothing from the source: its authors have no part in it
    keeps_release = context.sources == (context.target.name,)
    changes = (
        ()
        if keeps_release
        else _release_authors(context, context.target, name, head, ledger.release_entry(name))
    )
    return (*changes, _proposal_authors(context, name, head, ledger.proposal_entry(name)))


def folder_contributors(context: PromotionContext, agent: Agent) -> tuple[Contributor, ...]:
    """Everybody who wrote what lies in the folder of *agent*, since the beginning of history."""
    scope = _scope(context, agent.environment, agent.name, agent.folder)
    return change_authors(context.root, context.head, None, replace(scope, promoted=None)).contributors


def _scope(context: PromotionContext, target: str, name: str, folder: str) -> ChangeScope:
    return ChangeScope(
        paths=(folder,),
        people=context.people,
        trailers=context.policy.contributor_trailers,
        approvals=layout.approvals_folder(f"{context.target.name}/{name}"),
        promoted=layout.agent_folder(target, name),
    )


def required_reviews(context: PromotionContext, name: str) -> tuple[RequiredReview, ...]:
    """
    The break-glass promotions of *name*, reviewed or not.

    Each took its release from the source environments, even where the present promotion keeps the running release.
    """
    reviews, context = [], replace(context, sources=context.target.sources)
    for entry, transition in context.ledger.transitions(name):
        if entry.break_glass is not None:
            reviews.append(
                RequiredReview(
                    seq=entry.seq,
                    at=entry.at,
                    break_glass=entry.break_glass,
                    binding=binding_of(context, transition),
                    actor=entry.actor,
                    approvers=frozenset(str(approval["approver"]) for approval in entry.approvals),
                    # authors of the time of that entry, whatever was committed later
                    # a stop takes nothing up: nobody but its actor had a part in it
                    contributors=()
                    if entry.break_glass.is_stop
                    else change_contributors(
                        context, name, entry.commit, _ledger_before(context.ledger, entry)
                    ),
                    commit=entry.commit,
                )
            )
    return tuple(reviews)


def _ledger_before(ledger: Ledger, entry: Entry) -> Ledger:
    # the ledger starts at entry 1, so the entry itself is left out
    return replace(ledger, entries=ledger.entries[: entry.seq - 1])


def binding_of(context: PromotionContext, transition: AgentTransition) -> Binding:
    """What the approvals of a recorded transition were given for."""
    return Binding(
        repository=context.fleet.config.repository,
        environment=context.target.name,
        agent=transition.agent,
        from_state=transition.from_state,
        to_state=transition.to_state or EMPTY_STATE,
        generation=transition.generation,
    )


def _release_authors(
    context: PromotionContext, target: Environment, name: str, head: Id, since: Entry | None
) -> tuple[ChangeAuthors, ...]:
    """
    The authors of what *target* would get, since its entry *since*.

    Only promotions write a gated source, so its authors are those of what was promoted into it; after a rollback
    there, all authors ever, because that release is older than the one it replaced. An adopted folder was never
    promoted: its authors are those of its files.
    """
    root, changes = context.root, list[ChangeAuthors]()
    for source in target.sources:
        before = _authors_since(context, source, name, since)
        stage = context.fleet.config.environment(source)
        # an ungated source is edited by hand: its authors are in its own history
        ledger = records.ledger(root.commit_tree(head), source) if stage and stage.gated else None
        brought = ledger.release_entry(name) if ledger else None
        # a squash or rebase may have dropped the commit: then the folder's own authors count
        promoted = brought and brought.kind != ADOPT and root.repository.find_commit(brought.commit)
        if stage is None or brought is None or not promoted:
            scope = _scope(context, target.name, name, layout.agent_folder(source, name))
            changes.append(change_authors(root, head, before, scope))
            continue
        stage_since = None
        # only where the stage still runs that entry: else its release is older than the range
        is_current = ledger is not None and ledger.transitions(name)[-1][0] == brought
        if is_current and before and root.repository.find_commit(before) == before:
            stage_since = records.ledger(root.commit_tree(before), source).release_entry(name)
        changes += _release_authors(context, stage, name, brought.commit, stage_since)
    return tuple(changes)


def _authors_since(context: PromotionContext, source: str, name: str, since: Entry | None) -> Id | None:
    """The commit after which changes of *source* count; None for all, where another release waited at the adoption."""
    root = context.root
    # a missing commit bounds nothing: all authors count, which is the stricter reading
    if since is None or since.kind != ADOPT or root.repository.find_commit(since.commit) != since.commit:
        return since.commit if since else None
    folder = layout.agent_folder(source, name)
    files = {
        path.removeprefix(f"{folder}/"): blob
        for path, blob in contents(root.commit_tree(since.commit), folder).items()
    }
    waiting_release = digest.of_files(
        (path, blob) for path, blob in files.items() if path != layout.OVERRIDES
    )
    adopted_releases = [agent.release for agent in since.agents if agent.agent == name]
    # staging already had other work at the adoption: its authors must count later
    return since.commit if adopted_releases == [waiting_release] else None


def _proposal_authors(context: PromotionContext, name: str, head: Id, since: Entry | None) -> ChangeAuthors:
    """
    The authors of the proposal.

    The last promotion deleted its proposal, which makes nobody an author. A proposal in the commit of that
    promotion was written there by somebody.
    """
    to, since_commit = context.target.name, since.commit if since else None
    proposal = layout.proposal_folder(to, name)
    if since is not None:
        file, line = layout.ledger_file(to), since.line.encode()
        promotion_commit = commit_of_promotion(context.root, head, since.commit, file, line)
        since_commit = (
            promotion_commit
            # a proposal that is still there was put there by somebody in that very commit
            if promotion_commit and not context.root.commit_tree(promotion_commit).entries(proposal)
            else since_commit
        )
    return change_authors(context.root, head, since_commit, _scope(context, to, name, proposal))
