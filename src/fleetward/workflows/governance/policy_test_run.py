"""Run policy test files against the policy of the work tree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fleetward.domain import layout
from fleetward.domain.errors import GovernanceInvalid, NotAFleet
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.policy import Policy
from fleetward.domain.policy_test import PolicyTest, PolicyTestResult
from fleetward.store.fleet.policy_test_file import load_policy_tests
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.policy_tests import run_policy_test
from fleetward.workflows.load import load_fleet

_FOLDER = "policy-tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTestRun:
    """The results of all test cases, in the order of their files."""

    policy: Policy
    results: tuple[PolicyTestResult, ...]
    failed: bool
    """Whether any verdict differs from the expected one."""
    next_command: str


def run_policy_tests(run: RunContext, files: Sequence[str]) -> PolicyTestRun:
    """
    Run the cases of *files*, of all of policy-tests/ where none is named.

    Errors: NotAFleet without a policy or without files; GovernanceInvalid for an invalid file.
    """
    root = find_fleet_root(run.folder, run.environment)
    fleet = load_fleet(root.work_tree()).require_governance()
    if fleet.policy is None:
        raise NotAFleet(f"no {layout.POLICY}: there is no policy to test", hint="fleet init")
    cases = [case for path in _paths(run, root, files) for case in _cases(path, root)]
    results = tuple(run_policy_test(fleet, fleet.policy, case) for case in cases)
    failed = any(result.differences for result in results)
    return PolicyTestRun(
        policy=fleet.policy,
        results=results,
        failed=failed,
        next_command=f"fleet policy test{run.chdir} -v" if failed else f"fleet policy check{run.chdir}",
    )


def has_policy_tests(root: FleetRoot) -> bool:
    """Whether the fleet has policy test files."""
    return any((root.path / _FOLDER).glob("*.yaml"))


def _paths(run: RunContext, root: FleetRoot, names: Sequence[str]) -> list[Path]:
    if names:
        return [run.path(name) for name in dict.fromkeys(names)]
    paths = sorted((root.path / _FOLDER).glob("*.yaml"))
    if not paths:
        raise NotAFleet(f"no test files in {_FOLDER}/", hint="write one: fleet schema policy-test")
    return paths


def _cases(path: Path, fleet_root: FleetRoot) -> tuple[PolicyTest, ...]:
    root, resolved = fleet_root.path.resolve(), path.resolve()
    inside = resolved.is_relative_to(root)
    cases, errors = load_policy_tests(path, resolved.relative_to(root).as_posix() if inside else str(path))
    if errors:
        first = errors[0]
        message = f"{first.place.file}:{first.place.line}: {first.message}"
        raise GovernanceInvalid(message, hint=first.hint or "fleet schema policy-test", findings=errors)
    return cases
