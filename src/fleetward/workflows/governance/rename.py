"""Give an agent another name, with all that names it."""

from __future__ import annotations

import os
from pathlib import Path
from shlex import join

from fleetward.domain import layout
from fleetward.domain.attestation import FLEET
from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.names import is_name, nearest_name
from fleetward.domain.rename import Rename
from fleetward.store.fleet.rename_edit import RenamePlan, plan_rename
from fleetward.store.git.atomic_files import replace_files
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.overlay import OverlayTree
from fleetward.store.records import load as records
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.caused_findings import caused_findings
from fleetward.workflows.load import load_fleet

_RESERVED = (FLEET, layout.GOVERNANCE)
"""Words that stand for something else where an agent's name stands: in paths of approvals and attestations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRename:
    """The renaming, and the next command."""

    rename: Rename
    next_command: str


def rename_agent(run: RunContext, old: str, new: str, *, write: bool) -> AgentRename:
    """
    The agent *old* under the name *new*: its folders, and whatever names it; files are changed only with *write*.

    Errors: UsageError for a name that is none, that is taken, or that no agent has; FleetError where a file cannot be
    edited safely.
    """
    root = find_fleet_root(run.folder, run.environment)
    tree = root.work_tree()
    before = load_fleet(tree)
    fleet = before.require_governance()
    _check_old(fleet, old)
    _check_new(root, fleet, old, new)
    plan = plan_rename(tree, fleet.config, old, new)
    after = OverlayTree(tree=tree, contents=plan.contents)
    moves = {target: source for source, target in plan.moves}
    caused = caused_findings(run, before, load_fleet(after), moves)
    problems = tuple(finding for finding in caused if not _is_own(finding, old))
    written = write and not any(problem.severity is Severity.ERROR for problem in problems)
    if written:
        replace_files(root.path, plan.before, plan.contents)
        for path in plan.executables:
            (root.path / path).chmod(0o755)
        _remove_empty_folders(root, plan)
    rename = Rename(
        old=old,
        new=new,
        moves=plan.moves,
        edits=plan.edits,
        open=plan.open,
        problems=problems,
        files=tuple(sorted(plan.contents)),
        written=written,
    )
    return AgentRename(rename=rename, next_command=_next_command(run, root, rename))


def _is_own(finding: Finding, old: str) -> bool:
    """What still runs under the old name is said by the plan: its promotion takes it away."""
    return finding.agent == old


def _check_old(fleet: Snapshot, old: str) -> None:
    environments = fleet.config.environments
    editable = [item.name for item in environments if not item.gated]
    if any(old in fleet.agent_names(name) for name in editable):
        return
    running = [item.name for item in environments if item.gated and old in fleet.agent_names(item.name)]
    if running:
        message = f"{old!r} is in {', '.join(running)} alone, which promotions write"
        raise UsageError(message, hint=f"bring it back to {editable[0]}, then rename it there")
    names = {name for environment in editable for name in fleet.agent_names(environment)}
    close = nearest_name(old, names)
    hint = f"did you mean {close!r}?" if close else "fleet list agents"
    raise UsageError(f"no agent {old!r} in {', '.join(editable)}", hint=hint)


def _check_new(root: FleetRoot, fleet: Snapshot, old: str, new: str) -> None:
    if not is_name(new):
        message = f"{new!r} is not a valid agent name: letters a-z, digits and hyphens, at most 63 characters"
        raise UsageError(message, hint="begin and end with a letter or digit")
    if new in _RESERVED:
        raise UsageError(f"{new!r} is reserved", hint="choose another name")
    if new == old:
        raise UsageError(f"the agent is called {old!r} already", hint="choose another name")
    for environment in fleet.config.environments:
        for folder in (
            layout.agent_folder(environment.name, new),
            layout.proposal_folder(environment.name, new),
        ):
            if os.path.lexists(root.path / folder):
                raise UsageError(f"{folder} exists already", hint="choose another name")
    tree = root.work_tree()
    for environment in fleet.config.environments:
        last = records.ledger(tree, environment.name).last_transition(new) if environment.gated else None
        if last is not None:
            state = "was retired from" if last[1].to_state is None else "runs in"
            message = f"{new!r} {state} {environment.name} according to its ledger (entry {last[0].seq})"
            raise UsageError(message, hint="choose a name that nobody had")


def _remove_empty_folders(root: FleetRoot, plan: RenamePlan) -> None:
    for source, _ in plan.moves:
        for folder, _, _ in sorted(os.walk(root.path / source), reverse=True):
            # what git ignores stays, and its folder with it
            if not any(Path(folder).iterdir()):
                Path(folder).rmdir()


def _next_command(run: RunContext, root: FleetRoot, rename: Rename) -> str:
    chdir = run.chdir
    if rename.written:
        folders = {path for move in rename.moves for path in move}
        others = {
            path for path in rename.files if not any(path.startswith(f"{folder}/") for folder in folders)
        }
        paths = join(run.path_argument(root.path / path) for path in sorted(folders | others))
        message = f"'rename {rename.old} to {rename.new}'"
        return f"git{chdir} add -A -- {paths} && git{chdir} commit -m {message} -- {paths}"
    if any(problem.severity is Severity.ERROR for problem in rename.problems):
        return f"fleet validate{chdir}"
    return f"fleet rename{chdir} {rename.old} {rename.new} --write"
