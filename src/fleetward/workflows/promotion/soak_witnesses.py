"""Since when a release is in its source environment, by what its authors did not write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward import gate
from fleetward.domain import layout
from fleetward.domain.attestation import SEEN, Attestation, instant_of
from fleetward.domain.contributor import Contributor
from fleetward.domain.people import People, Robot
from fleetward.domain.policy import Policy, RequiredSoak
from fleetward.store.git.commit import Commit
from fleetward.store.git.soak_time import (
    SoakTime,
    Stay,
    from_first_commit,
    latest_date_behind,
    stays,
    time_of,
)
from fleetward.store.records import load as records
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.rename_link import RenameLink, former_moves, with_former_stays


def with_soak(
    context: PromotionContext, request: gate.PromotionRequest, links: tuple[RenameLink, ...] = ()
) -> gate.PromotionRequest:
    """
    The same request with the soak time in the source environment that has the release for the shortest time.

    By the dates of history, and where the policy asks it of this tier, by what the authors do not write. *links* are
    the renames that it comes from.
    """
    now, name = context.run.now, request.binding.agent
    periods = {
        source: with_former_stays(
            context, links, source, stays(context.root, context.head, layout.agent_folder(source, name), now)
        )
        for source in context.sources
    }
    # of several sources the shortest: the release has to soak in each of them
    soak = min((time_of(held, now) for held in periods.values()), key=lambda time: time.longest)
    witnessed = None
    if _asks_witnesses(request, context.policy):
        times = [_witnessed_time(context, request, source, held, links) for source, held in periods.items()]
        shortest, files = min(times, key=lambda witnessed: witnessed[0].longest)
        witnessed = gate.WitnessedSoak(longest=shortest.longest, since=shortest.since, files=files)
    return replace(
        request,
        longest_soak=soak.longest,
        is_soaking=soak.since is not None,
        soaking_since=soak.since,
        witnessed_soak=witnessed,
    )


def _asks_witnesses(request: gate.PromotionRequest, policy: Policy) -> bool:
    """Looking for witnesses reads all of history: only where a verdict may depend on them."""
    rules = (
        *policy.rules,
        *(part.rule for part in (policy.rollback, policy.break_glass) if part is not None),
    )
    requirements = (requirement for rule in rules for requirement in rule.require)
    return policy.tier_rank(gate.effective_tier(request, policy)) > 0 and any(
        isinstance(requirement, RequiredSoak) and not requirement.by_history for requirement in requirements
    )


def _witnessed_time(
    context: PromotionContext,
    request: gate.PromotionRequest,
    source: str,
    held: Sequence[Stay],
    links: tuple[RenameLink, ...],
) -> tuple[SoakTime, tuple[str, ...]]:
    """The time in one source, and the attestations that show it."""
    now = context.run.now
    stage = context.fleet.config.environment(source)
    if stage is not None and stage.gated:
        ledger = records.ledger(context.root.commit_tree(context.head), source)
        if ledger.entries:
            transitions = ledger.transitions(request.binding.agent)
            moves = ((entry.at, moved.release == request.release) for entry, moved in transitions)
            return time_of(recorded_stays((*former_moves(links, ledger), *moves)), now), ()
    seen = [
        attestation
        for attestation in request.attestations
        if attestation.kind == SEEN
        and attestation.counts
        and attestation.agent == request.binding.agent
        and attestation.state == request.release
        and attestation.is_about(source)
    ]
    if seen:
        periods, files = _seen_stays(context, seen, held)
        return time_of(periods, now), files
    authors = _accounts(request.contributors, context.people)
    begun = (
        from_first_commit(
            context.root, stay, now, lambda commit: _is_by_somebody_else(commit, authors, context.people)
        )
        for stay in held
    )
    return time_of((stay for stay in begun if stay is not None), now), ()


def recorded_stays(moves: Iterable[tuple[datetime, bool]]) -> tuple[Stay, ...]:
    """The stays of a release by a ledger: when each entry was made, and whether the release was there after it."""
    periods: list[Stay] = []
    start: datetime | None = None
    for at, is_present in moves:
        if is_present and start is None:
            start = at
        elif not is_present and start is not None:
            periods.append(Stay(since=start, until=at))
            start = None
    return (*periods, *([Stay(since=start)] if start is not None else []))


def _seen_stays(
    context: PromotionContext, seen: Sequence[Attestation], held: Sequence[Stay]
) -> tuple[tuple[Stay, ...], tuple[str, ...]]:
    """Each stay from the first time that a robot saw the release in it, and the files that say so."""
    sightings = sorted(
        # the robot signed the day, and anybody can date the commit
        (
            max(
                latest_date_behind(context.root, attestation.commit, context.run.now),
                instant_of(attestation.on),
            ),
            attestation.file,
        )
        for attestation in seen
        if attestation.commit is not None
    )
    begun: list[Stay] = []
    files: dict[str, None] = {}
    for stay in held:
        first = next((item for item in sightings if stay.until is None or item[0] < stay.until), None)
        if first is not None:
            moment, file = first
            begun.append(replace(stay, since=max(moment, stay.since)))
            files[file] = None
    return tuple(begun), tuple(files)


def _accounts(contributors: Iterable[Contributor], people: People) -> frozenset[str]:
    """The people who contributed, by id; who operates a robot contributed what it wrote."""
    accounts = (people.by_email(contributor.email) for contributor in contributors)
    names = (
        account.operated_by if isinstance(account, Robot) else account.id for account in accounts if account
    )
    return frozenset(name for name in names if name)


def _is_by_somebody_else(commit: Commit, authors: frozenset[str], people: People) -> bool:
    """Was it committed by a forge, or by a person of people.yaml who did not contribute to the release?"""
    account = people.by_email(commit.committer)
    if account is None:
        # a stranger may be anybody, an author too
        return False
    if isinstance(account, Robot):
        return account.is_forge or (account.operated_by is not None and account.operated_by not in authors)
    return account.is_active(commit.committed) and account.id not in authors
