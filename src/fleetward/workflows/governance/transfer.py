"""Give every role of one person to another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from shlex import join

from fleetward.domain import layout
from fleetward.domain.clock import parse_date
from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.domain.names import nearest_name
from fleetward.domain.people import People
from fleetward.domain.transfer import Transfer, TransferOutcome
from fleetward.store.fleet.role_transfer import TransferRequest, plan_transfer, with_departure
from fleetward.store.git.atomic_files import replace_files
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.overlay import OverlayTree
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.caused_findings import caused_findings
from fleetward.workflows.load import load_fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTransfer:
    """The roles and files of the transfer, and the next command."""

    transfer: Transfer
    next_command: str


def transfer_roles(
    run: RunContext, giver: str, taker: str, *, left: str | None = None, write: bool
) -> RoleTransfer:
    """
    Every role of *giver* and how *taker* gets it; files are edited only with *write*, and only without errors.

    *left* is the first day on which *giver* is gone, written into people.yaml.

    Errors: UsageError for an unknown or inactive person; FleetError where a file cannot be edited safely.
    """
    root = find_fleet_root(run.folder, run.environment)
    tree = root.work_tree()
    before = load_fleet(tree)
    fleet = before.require_governance()
    _check_person(fleet.people, giver, "--from")
    _check_taker(run, fleet.people, giver, taker)
    plan = plan_transfer(
        tree,
        TransferRequest(
            giver=giver, taker=taker, today=run.now.date(), config=fleet.config, people=fleet.people
        ),
    )
    if left is not None:
        contents = with_departure(tree, plan.contents, giver, _day(left))
        plan = replace(plan, contents=contents)
    problems = caused_findings(run, before, load_fleet(OverlayTree(tree=tree, contents=plan.contents)))
    written = (
        write and bool(plan.contents) and not any(problem.severity is Severity.ERROR for problem in problems)
    )
    if written:
        replace_files(root.path, before.contents, plan.contents)
    transfer = Transfer(
        giver=giver,
        taker=taker,
        roles=plan.roles,
        files=tuple(sorted(plan.contents)),
        problems=problems,
        written=written,
    )
    return RoleTransfer(transfer=transfer, next_command=_next_command(run, root, transfer, left))


def _day(text: str) -> date:
    try:
        return parse_date(text)
    except ValueError as error:
        raise UsageError(f"--left: {error}", hint="--left 2026-11-20") from None


def _check_person(people: People, name: str, option: str) -> None:
    if name not in people.people:
        close = nearest_name(name, people.people)
        hint = f"did you mean {close!r}?" if close else f"name a person of {layout.PEOPLE}"
        raise UsageError(f"{option}: nobody is called {name!r} in {layout.PEOPLE}", hint=hint)


def _check_taker(run: RunContext, people: People, giver: str, taker: str) -> None:
    _check_person(people, taker, "--to")
    person = people.people[taker]
    if giver == taker:
        raise UsageError(f"--to: {taker!r} has these roles already", hint="name another person")
    if not person.is_active(run.now):
        has_left = person.departed is not None and person.departed <= run.now.date()
        when = f"left on {person.departed}" if has_left else f"is not active before {person.since}"
        raise UsageError(f"--to: {taker!r} {when}", hint="name an active person")


def _next_command(run: RunContext, root: FleetRoot, result: Transfer, left: str | None) -> str:
    chdir = run.chdir
    if result.written:
        files = join(run.path_argument(root.path / file) for file in result.files)
        message = f"'transfer the roles of {result.giver} to {result.taker}'"
        return f"git{chdir} add -- {files} && git{chdir} commit -m {message} -- {files}"
    if result.files and not any(role.severity is Severity.ERROR for role in result.problems):
        departure = f" --left {left}" if left else ""
        return f"fleet transfer{chdir} --from {result.giver} --to {result.taker}{departure} --write"
    pending = result.roles_with(TransferOutcome.PROMOTION)
    if pending and not result.files:
        to = pending[0].environment
        names = sorted({str(role.agent) for role in pending if role.environment == to})
        return f"fleet promote{chdir} {' '.join(names)} --to {to}"
    return f"fleet validate{chdir}"
