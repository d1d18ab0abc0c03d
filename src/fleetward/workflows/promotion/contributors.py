"""Whose hands a change went through: those who wrote what an environment would get, and its proposal."""

from __future__ import annotations

from dataclasses import replace

from fleetward.domain import digest, layout
from fleetward.domain.approval import Binding
from fleetward.domain.break_glass import RequiredReview
from fleetward.domain.contributor import Contributor
from fleetward.domain.fleet import Environment
from fleetward.domain.ledger import AgentTransition, Entry, Ledger
from fleetward.store.git.contents import contents
from fleetward.store.git.file_history import commit_of_promotion, contributors
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.approvals import EMPTY_STATE
from fleetward.store.records.ledger import ADOPT
from fleetward.workflows.promotion.context import PromotionContext


def change_contributors(
    context: PromotionContext, name: str, head: Id, ledger: Ledger
) -> tuple[Contributor, ...]:
    """
    Everybody who wrote what *name* would get at *head*, in release or proposal, by what *ledger* says of it.

    The release since the entry that brought the one that runs: after a rollback an older one, so that whoever wrote
    what was left is an author of it still. What keeps the release that runs has no authors but of its proposal.
    """
    keeps_release = context.sources == (context.target.name,)
    authors = (
        () if keeps_release else _authors(context, context.target, name, head, ledger.release_entry(name))
    )
    return (*authors, *_proposal_authors(context, name, head, ledger.proposal_entry(name)))


def break_glass_debts(context: PromotionContext, name: str) -> tuple[RequiredReview, ...]:
    """
    The promotions of *name* that broke the glass, reviewed or not.

    Each took a release from where releases come from, though what is judged now may keep the one that runs.
    """
    debts, context = [], replace(context, sources=context.target.sources)
    for entry, agent_entry in context.ledger.transitions(name):
        if entry.break_glass is not None:
            debts.append(
                RequiredReview(
                    seq=entry.seq,
                    at=entry.at,
                    break_glass=entry.break_glass,
                    binding=binding_of(context, agent_entry),
                    actor=entry.actor,
                    approvers=frozenset(str(approval["approver"]) for approval in entry.approvals),
                    contributors=change_contributors(
                        context, name, entry.commit, _ledger_before(context.ledger, entry)
                    ),
                )
            )
    return tuple(debts)


def _ledger_before(ledger: Ledger, entry: Entry) -> Ledger:
    return replace(ledger, entries=ledger.entries[: entry.seq - 1])


def binding_of(context: PromotionContext, agent_entry: AgentTransition) -> Binding:
    """What the approvals of an entry that is written were given for."""
    return Binding(
        repository=context.fleet.config.repository,
        environment=context.target.name,
        agent=agent_entry.agent,
        from_state=agent_entry.from_state,
        to_state=agent_entry.to_state or EMPTY_STATE,
        generation=agent_entry.generation,
    )


def _authors(
    context: PromotionContext, target: Environment, name: str, head: Id, since: Entry | None
) -> tuple[Contributor, ...]:
    """
    Everybody who wrote what *target* would get, since its entry *since*.

    A stage in between is written by promotions alone: asked are those who wrote what was promoted into it, and of
    what was rolled back there all who ever did, for it is older than what it replaced. What was adopted there
    nobody promoted: those who wrote it are asked for.
    """
    root, authors = context.root, list[Contributor]()
    for source in target.sources:
        before = _authors_since(context, source, name, since)
        stage = context.fleet.config.environment(source)
        ledger = records.ledger(root.commit_tree(head), source) if stage and stage.gated else None
        brought = ledger.release_entry(name) if ledger else None
        promoted = brought and brought.kind != ADOPT and root.repository.find_commit(brought.commit)
        if stage is None or brought is None or not promoted:
            authors += contributors(root, head, before, [layout.agent_folder(source, name)])
            continue
        stage_since = None
        is_current = ledger is not None and ledger.transitions(name)[-1][0] == brought
        if is_current and before and root.repository.find_commit(before) == before:
            stage_since = records.ledger(root.commit_tree(before), source).release_entry(name)
        authors += _authors(context, stage, name, brought.commit, stage_since)
    return tuple(authors)


def _authors_since(context: PromotionContext, source: str, name: str, since: Entry | None) -> Id | None:
    """After which commit *source* moved on; None, the beginning, where an adoption left something waiting there."""
    root = context.root
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
    return since.commit if adopted_releases == [waiting_release] else None


def _proposal_authors(
    context: PromotionContext, name: str, head: Id, since: Entry | None
) -> tuple[Contributor, ...]:
    """
    Everybody who wrote the proposal; the last promotion took its own away, which makes nobody an author.

    Where one lies in the commit of that promotion, somebody wrote it there.
    """
    to, since_commit = context.target.name, since.commit if since else None
    proposal = layout.proposal_folder(to, name)
    if since is not None:
        file, line = layout.ledger_file(to), since.line.encode()
        promotion_commit = commit_of_promotion(context.root, head, since.commit, file, line)
        since_commit = (
            promotion_commit
            if promotion_commit and not context.root.commit_tree(promotion_commit).entries(proposal)
            else since_commit
        )
    return contributors(context.root, head, since_commit, [proposal])
