"""The next step after a verdict: the first thing that is missing decides it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fleetward.domain import layout
from fleetward.domain.clock import format_instant
from fleetward.domain.errors import GitError
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.next_step import NextStep
from fleetward.domain.people import Person
from fleetward.domain.verdict import Promotion, RequirementStatus
from fleetward.store.git.commit_writer import committer_email
from fleetward.workflows.promotion.context import PromotionContext

_NOT_READY = "lifecycle-not-ready"
_APPROVALS = ("approvals", "held")
"""The kinds of requirements that approvals meet."""


def next_step(
    context: PromotionContext, promotion: Promotion, names: Sequence[str], flags: str = ""
) -> NextStep:
    """
    The next step for *promotion*, which is not allowed; *names* is its batch, *flags* are options to repeat.

    Errors come first, then what takes long, then people, and a time to wait for last.
    """
    folder, to = context.run.chdir, context.target.name
    agent = f"{folder} {promotion.agent} --to {to}"
    open_ = {item.kind for item in promotion.requirements if item.status is not RequirementStatus.MET}
    # approvals of a state that must still change would be void: errors come before people
    if "validation" in open_:
        # it stands in no file of the source: validate would find nothing there
        rules = {rule for item in promotion.requirements for rule in item.error_rules}
        if rules == {_NOT_READY}:
            manifest = layout.manifest_file(context.sources[0], promotion.agent)
            return NextStep(
                command=f"fleet explain {_NOT_READY}",
                reason=f"change spec.lifecycle in {manifest} as this rule says, and commit it",
            )
        if context.pending:
            # the errors are those of the governance in force: validate reads what waits, and may find none
            return NextStep(
                command=f"fleet approve{folder} --governance --commit",
                reason="a change of governance waits: agree to it first, or fix what fleet validate lists",
            )
        return NextStep(command=f"fleet validate{folder}", reason="fix the errors that this lists")
    if "veto" in open_:
        return NextStep(command=f"fleet approvals{agent}", reason="read who vetoed it, and why")
    if "evals" in open_:
        # the release of an override is the one that the target runs
        env = f" --env {to}" if promotion.kind is PromotionKind.OVERRIDE else ""
        return NextStep(
            command=f"fleet release{folder} {promotion.agent}{env}",
            reason="record the evaluation as said above; tag its run with the release that this prints",
        )
    if open_ & set(_APPROVALS):
        return _approval_step(context, promotion, agent, several=len(names) > 1)
    if "review" in open_:
        return review_step(context, promotion) or _policy_check_step(context)
    retry = f"fleet promote{folder} {' '.join(names)} --to {to}{flags}"
    ready = promotion.unblock.ready_at
    # a time that has passed means that something else is missing
    if ready is not None and ready > context.run.now:
        return NextStep(
            command=f"{retry} --at {format_instant(ready)}", reason="see the verdict at the earliest time"
        )
    return NextStep(command=f"{retry} -v", reason="see all details")


def first_review_step(context: PromotionContext, promotions: Iterable[Promotion]) -> NextStep | None:
    """The first open review of these promotions that somebody can give."""
    steps = (review_step(context, promotion) for promotion in promotions)
    return next((step for step in steps if step is not None), None)


def review_step(context: PromotionContext, promotion: Promotion) -> NextStep | None:
    """The first open review of *promotion*; None where there is none, or nobody can give it."""
    seqs = (requirement.review_seq for requirement in promotion.requirements)
    seq = next((seq for seq in seqs if seq is not None), None)
    if seq is None:
        return None
    command = f"fleet approve{context.run.chdir} {promotion.agent} --to {context.target.name} --review {seq}"
    return NextStep(command=command, reason=f"review entry {seq}, a break-glass promotion")


def validate_step(context: PromotionContext) -> NextStep:
    """The step where nothing is to be promoted."""
    return NextStep(
        command=f"fleet validate{context.run.chdir}", reason="nothing to promote, check the fleet"
    )


def _approval_step(context: PromotionContext, promotion: Promotion, agent: str, *, several: bool) -> NextStep:
    """An eligible reader approves; another one sees what the missing approvals would change."""
    approvers = promotion.unblock.minimal_approvers
    if approvers is None:
        return _policy_check_step(context)
    eligible = {
        person for item in promotion.requirements if item.kind in _APPROVALS for person in item.eligible
    }
    reader = _reader(context)
    if several and reader is not None and reader.id in eligible:
        command = f"fleet approve{context.run.chdir} --all --to {context.target.name}"
        return NextStep(command=command, reason="approve all that waits for you")
    if reader is None or reader.id in eligible or not approvers:
        return NextStep(command=f"fleet approve{agent}", reason="approve this change")
    return NextStep(
        command=f"fleet why{agent} --as {' '.join(approvers)}",
        reason=f"ask {', '.join(approvers)} to run fleet approve{agent} --commit, and see what would then be missing",
    )


def _policy_check_step(context: PromotionContext) -> NextStep:
    return NextStep(
        command=f"fleet policy check{context.run.chdir}",
        reason="nobody is left who could do it, check the policy",
    )


def _reader(context: PromotionContext) -> Person | None:
    """The person of git's identity; a robot's report is read by other people."""
    try:
        person = context.people.by_email(committer_email(context.root.repository))
    # CI may have no identity: the report must not fail for that
    except GitError:
        return None
    return person if isinstance(person, Person) else None
