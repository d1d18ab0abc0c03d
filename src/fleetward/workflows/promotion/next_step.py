"""The command that brings a promotion on: what stands in its way says which."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.clock import format_instant
from fleetward.domain.errors import GitError
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import Person
from fleetward.domain.verdict import Promotion, RequirementStatus
from fleetward.store.git.commit_writer import committer_email
from fleetward.workflows.promotion.context import PromotionContext

_CONTENT, _EVIDENCE, _PEOPLE = ("validation",), ("evals",), ("approvals", "held")


def next_command(
    context: PromotionContext, promotion: Promotion, names: Sequence[str], flags: str = ""
) -> str:
    """
    The next thing to type for *promotion*, which is held; *names* are those of its call, *flags* that call's flags.

    What is wrong comes first, then what takes long, then people; a time is only waited for.
    """
    where, to = context.run.chdir, context.target.name
    agent = f"{where} {promotion.agent} --to {to}"
    open_ = {need.kind: need for need in promotion.requirements if need.status is not RequirementStatus.MET}
    if open_.keys() & set(_CONTENT):
        return f"fleet validate{where}"
    if "veto" in open_:
        return f"fleet approvals{agent}"
    if open_.keys() & set(_EVIDENCE):
        env_option = f" --env {to}" if promotion.kind is PromotionKind.OVERRIDE else ""
        return f"fleet release{where} {promotion.agent}{env_option}"
    if open_.keys() & set(_PEOPLE):
        return _approval_command(context, promotion, agent)
    if "review" in open_:
        return review_command(context, promotion) or f"fleet policy check{where}"
    again = f"fleet promote{where} {' '.join(names)} --to {to}{flags}"
    ready = promotion.unblock.ready_at
    return (
        f"{again} --at {format_instant(ready)}"
        if ready is not None and ready > context.run.now
        else f"{again} -v"
    )


def _approval_command(context: PromotionContext, promotion: Promotion, agent: str) -> str:
    """Who may, approves; who may not sees what those who may would change; where nobody may, the policy is asked."""
    if promotion.unblock.minimal_approvers is None:
        return f"fleet policy check{context.run.chdir}"
    able = {person for need in promotion.requirements if need.kind in _PEOPLE for person in need.eligible}
    me = _reader(context)
    if me is None or me.id in able or not promotion.unblock.minimal_approvers:
        return f"fleet approve{agent}"
    return f"fleet why{agent} --as {' '.join(promotion.unblock.minimal_approvers)}"


def _reader(context: PromotionContext) -> Person | None:
    """The person whom git's identity names; a robot's report is read by others."""
    try:
        person = context.people.by_email(committer_email(context.root.repository))
    except GitError:
        return None
    return person if isinstance(person, Person) else None


def review_command(context: PromotionContext, promotion: Promotion) -> str:
    """The command for the first open review of *promotion*; empty where there is none, or nobody can give it."""
    seqs = (requirement.review_seq for requirement in promotion.requirements)
    seq = next((seq for seq in seqs if seq is not None), None)
    if seq is None:
        return ""
    return f"fleet approve{context.run.chdir} {promotion.agent} --to {context.target.name} --review {seq}"
