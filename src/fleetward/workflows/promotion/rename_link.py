"""The agent that a new one was before a rename: what was learnt of it counts on, where the content is the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from fleetward.domain import digest, layout
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.attestation import SEEN, Attestation
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import Ledger, PromotionKind
from fleetward.gate import PromotionRequest
from fleetward.store.fleet.agent_references import is_renamed
from fleetward.store.git.contents import contents
from fleetward.store.git.folder_moves import FolderMove, agent_blobs, folder_moves, naming_texts
from fleetward.store.git.repository import Id
from fleetward.store.git.soak_time import Stay, stays
from fleetward.store.records import load as records
from fleetward.workflows.attested import AttestationLaw, attestations_at
from fleetward.workflows.promotion.context import PromotionContext

_LONGEST_CHAIN = 8
"""Renames in a row that are followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameLink:
    """
    One rename in a source environment: the commit did nothing to the agent but to give it another name.

    ``unchanged`` is whether the release is still the one of that commit; only then evidence and soak time count on.
    Who wrote it and who rejected it are remembered all the same.
    """

    move: FolderMove
    release: str
    """The digest of the release under the old name."""
    state: str
    unchanged: bool

    @property
    def old(self) -> str:
        """The name before."""
        return self.move.old


def rename_links(context: PromotionContext, name: str, kind: PromotionKind | None) -> tuple[RenameLink, ...]:
    """
    The renames that *name* comes from, newest first; empty for an agent that runs in the target already.

    Of several source environments each has to show the same rename.
    """
    if kind is not PromotionKind.CREATE:
        return ()
    chains = [_chain(context, source, name) for source in context.sources]
    first = chains[0]
    names = [[(link.old, link.release) for link in chain] for chain in chains]
    return first if all(other == names[0] for other in names) else ()


def _chain(context: PromotionContext, source: str, name: str) -> tuple[RenameLink, ...]:
    links: list[RenameLink] = []
    head, current, unchanged = context.head, name, True
    while len(links) < _LONGEST_CHAIN:
        moves = [
            move for move in folder_moves(context.root, head, source, current) if _is_rename(context, move)
        ]
        # two agents of one content: nobody can say which of them it was
        if len(moves) != 1:
            break
        move = moves[0]
        unchanged = unchanged and _release_blobs(context, move.commit, source, current) == _release_blobs(
            context, head, source, current
        )
        links.append(_link(context, move, unchanged=unchanged))
        head, current = move.parent, move.old
    return tuple(links)


def _is_rename(context: PromotionContext, move: FolderMove) -> bool:
    before = naming_texts(context.root, move.parent, move.environment, move.old)
    after = naming_texts(context.root, move.commit, move.environment, move.new)
    return is_renamed(before, after, move.old, move.new)


def _release_blobs(
    context: PromotionContext, commit: Id, source: str, name: str
) -> dict[str, tuple[str, Id | None]]:
    blobs = agent_blobs(context.root, commit, source, name)
    return {path: blob for path, blob in blobs.items() if path != layout.OVERRIDES}


def _link(context: PromotionContext, move: FolderMove, *, unchanged: bool) -> RenameLink:
    folder = layout.agent_folder(move.environment, move.old)
    files = {
        path[len(folder) + 1 :]: content
        for path, content in contents(context.root.commit_tree(move.parent), folder).items()
    }
    release = digest.of_files((path, content) for path, content in files.items() if path != layout.OVERRIDES)
    return RenameLink(move=move, release=release, state=digest.of_files(files.items()), unchanged=unchanged)


def counting(links: tuple[RenameLink, ...]) -> tuple[RenameLink, ...]:
    """Those through which evidence and soak time count: nothing but the name differs up to them."""
    return tuple(link for link in links if link.unchanged)


def with_former_stays(
    context: PromotionContext, links: tuple[RenameLink, ...], source: str, held: tuple[Stay, ...]
) -> tuple[Stay, ...]:
    """The stays of a release in *source*, with those under its former names: a rename is no break."""
    for link in counting(links):
        move = _move_in(context, source, link)
        if move is None:
            break
        former = stays(context.root, move.parent, layout.agent_folder(source, move.old), context.run.now)
        held = _joined(former, held, move.commit)
    return held


def _move_in(context: PromotionContext, source: str, link: RenameLink) -> FolderMove | None:
    """The same rename in another source environment."""
    if source == link.move.environment:
        return link.move
    moves = folder_moves(context.root, context.head, source, link.move.new)
    return next((move for move in moves if move.old == link.old and _is_rename(context, move)), None)


def _joined(former: tuple[Stay, ...], held: tuple[Stay, ...], commit: Id) -> tuple[Stay, ...]:
    joined = []
    last = former[-1] if former and former[-1].until is None else None
    for stay in held:
        is_first = bool(stay.commits) and stay.commits[0] == commit
        if is_first and last is not None:
            stay = replace(stay, since=last.since, commits=(*last.commits, *stay.commits))
        joined.append(stay)
    return (*(stay for stay in former if stay is not last), *joined)


def with_former_name(
    context: PromotionContext, links: tuple[RenameLink, ...], request: PromotionRequest, law: AttestationLaw
) -> PromotionRequest:
    """The request with what counts of the agent under its former names, and what stands against it there."""
    if not links or request.release is None:
        return request
    evidence, unreadable = list(request.evidence), list(request.unreadable)
    attestations = list(request.attestations)
    source = context.fleet.agents.get((links[0].move.environment, request.binding.agent))
    for link in counting(links):
        states = {link.release: request.release, link.state: source.state if source else request.release}
        found, _, unread = records.evidence(
            context.root, context.head, link.old, link.release, context.people, now=context.run.now
        )
        evidence += (
            replace(
                record,
                agent=request.binding.agent,
                release=request.release,
                state=states.get(record.state or "", record.state),
            )
            for record in found
            if context.base == context.head or record.signer in context.people.robots
        )
        unreadable += unread
        attestations += _former_sightings(context, link, request, law)
    approvals = list(request.approvals)
    for link in links:
        approvals += _standing_against(context, link, request)
    return replace(
        request,
        evidence=tuple(evidence),
        approvals=tuple(approvals),
        attestations=tuple(attestations),
        unreadable=tuple(unreadable),
        renamed_from=links[0].old if links[0].unchanged else None,
    )


def _former_sightings(
    context: PromotionContext, link: RenameLink, request: PromotionRequest, law: AttestationLaw
) -> Iterator[Attestation]:
    """Where a robot saw the release under its former name."""
    loaded = attestations_at(context.root, context.base, law, context.fleet, link.old)
    for attestation in loaded.attestations:
        if attestation.kind == SEEN and attestation.state == link.release and request.release:
            yield replace(attestation, agent=request.binding.agent, state=request.release)


def former_moves(links: tuple[RenameLink, ...], ledger: Ledger) -> tuple[tuple[datetime, bool], ...]:
    """What a ledger says of the release under its former names, oldest first: when, and whether it was there then."""
    moves = [
        (entry.at, moved.release == link.release)
        for link in reversed(counting(links))
        for entry, moved in ledger.transitions(link.old)
        # the end under the old name is the beginning under the new one
        if moved.to_state is not None
    ]
    return tuple(moves)


def _standing_against(
    context: PromotionContext, link: RenameLink, request: PromotionRequest
) -> tuple[Approval, ...]:
    """Rejections and withdrawals of the agent under its former name: another name lifts no veto."""
    statements, _, _ = records.approvals(
        context.root, context.base, context.target.name, link.old, context.people, now=context.run.now
    )
    return tuple(
        replace(statement, binding=replace(statement.binding, agent=request.binding.agent))
        for statement in statements
        if statement.decision in (Decision.REJECT, Decision.WITHDRAW)
    )
