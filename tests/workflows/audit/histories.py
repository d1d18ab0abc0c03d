"""A fleet with a long history, promotions forged by hand, and audits of both."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fleetward.cli import main as cli
from fleetward.domain import digest, layout
from fleetward.domain.ledger import AgentTransition, Ledger
from fleetward.store.records import ledger as lines
from tests.attacks.scenarios import CONFIG, EVALS, POLICY, FleetRepository, agent_files, new_fleet
from tests.forked import clock_of_this_process

NOW = "2026-11-20T12:00:00Z"
LEDGER = "ledger/production.jsonl"
DESK = "environments/production/desk"
PROMPT = f"{DESK}/prompts/system.md"
FREEZES = 'freezes: [{id: fair, from: "2026-11-08T00:00", to: "2026-11-09T00:00", zone: UTC}]\n'
BAD_DAYS = """\
rollback: {within: P30D, require: [{approvals: 1, from: desk}]}
breakGlass: {require: [{approvals: 1, from: desk}], skips: [evals], lasts: PT8H, reviewWithin: PT48H}
"""
RULES = POLICY.replace("veto:", EVALS) + FREEZES + BAD_DAYS
TILL_CHEAPER = "spec: {budgets: [{window: day, currency: EUR, alertAt: 4, haltAt: 6}]}\n"


@dataclass(frozen=True, slots=True)
class AuditRun:
    """The result of ``fleet audit``."""

    code: int
    data: dict[str, Any]

    @property
    def errors(self) -> set[tuple[str, str, str]]:
        """Rule, commit and file of every error."""
        return {
            (finding["rule"], finding["commit"], finding["file"])
            for finding in self.data["breaks"]
            if finding["severity"] == "error"
        }

    @property
    def rules(self) -> set[str]:
        """The rules of the errors."""
        return {rule for rule, _, _ in self.errors}

    def messages(self, *, notes: bool = True) -> str:
        """Every message, or all but the notes."""
        return "\n".join(
            f"{finding['rule']} {finding['file']}: {finding['message']}"
            for finding in self.data["breaks"]
            if notes or finding["severity"] != "note"
        )


def audit(place: FleetRepository, *arguments: str, now: str = NOW) -> AuditRun:
    """Run ``fleet audit -o json``."""
    out = place.path.parent / "audit.json"
    with clock_of_this_process(now):
        code = cli.run(["audit", "-C", str(place.path), "-o", f"json={out}", *arguments])
    return AuditRun(int(code), json.loads(out.read_bytes()))


def busy_history(folder: Path) -> FleetRepository:
    """
    Staging and production of two agents from the 1st to the 7th of November.

    till is adopted, desk created and updated, till gets other overrides; work comes in by merges and squashes; at
    the end a change of desk waits, approved by carla and forbidden by dina.
    """
    place = new_fleet(folder, policy=RULES, agents=("desk", "till"))
    for file, text in agent_files("till", "production").items():
        place.write(file, text)
    place.commit("till runs already", at=at(1, 13))
    assert place.fleet("adopt", "--to", "production", "--apply", now=at(1, 14)).code == 0
    record_evaluation(place, "desk", at(2, 9))
    place.approve("carla", now=at(2, 10))
    promote(place, "desk", at(2, 11))
    place.git("checkout", "-q", "-b", "kinder")
    place.change("You answer the phone kindly.\n", at=at(3, 9))
    place.git("checkout", "-q", "main")
    place.write("notes.txt", "nothing\n")
    place.commit("notes", who="bob", at=at(3, 9))
    place.git("merge", "-q", "--no-ff", "kinder", "-m", "merge kinder", who="bob", at=at(3, 10))
    record_evaluation(place, "desk", at(3, 11))
    place.approve("carla", now=at(3, 12))
    promote(place, "desk", at(3, 13))
    place.write("proposals/production/till/overrides.yaml", TILL_CHEAPER)
    place.commit("cheaper (#7)", who="alice", committer="noreply@github.com", at=at(4, 9))
    record_evaluation(place, "till", at(4, 10))
    place.approve("bob", agent="till", now=at(4, 11))
    promote(place, "till", at(4, 12))
    place.change("You answer everything.\n", at=at(6, 9))
    record_evaluation(place, "desk", at(6, 10))
    place.approve("carla", now=at(6, 11))
    place.approve("dina", "--reject", "--note", "not that", now=at(7, 9))
    return place


def at(day: int, hour: int, minute: int = 0) -> str:
    """An instant of that November."""
    return f"2026-11-{day:02}T{hour:02}:{minute:02}:00Z"


def copy_history(place: FleetRepository, folder: Path) -> FleetRepository:
    """A copy of a repository, to be tampered with."""
    shutil.copytree(place.path, folder / "town", symlinks=True)
    return FleetRepository(folder / "town")


def record_evaluation(place: FleetRepository, agent: str, when: str) -> str:
    """An evaluation run of the staged release that passed, recorded and committed; its file."""
    release = states(place, "staging", agent)[1]
    report = (
        f'<testsuites><testsuite name="s" tests="1" timestamp="{when}"><properties>'
        f'<property name="fleet.release" value="{release}"/></properties>'
        '<testcase classname="t" name="t"/></testsuite></testsuites>'
    )
    file = place.path.parent / "run.xml"
    file.write_text(report)
    run = place.fleet("evidence", "add", agent, "--suite", "quality", str(file), "--json", now=when)
    assert run.code == 0, run.output
    place.commit("evaluated", who="bob", at=when)
    name: str = run.data["files"][0]["file"]
    return name


def promote(place: FleetRepository, agent: str, when: str) -> None:
    """Promote with ``fleet promote``."""
    run = place.fleet("promote", agent, "--to", "production", "--apply", "--json", who="erin", now=when)
    assert run.code == 0, run.output


def states(place: FleetRepository, environment: str, agent: str) -> tuple[str | None, str | None]:
    """State and release of a folder of the work tree."""
    folder = place.path / "environments" / environment / agent
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    if not files:
        return None, None
    contents = {path: file.read_bytes() for path, file in files.items()}
    release = digest.of_files((path, text) for path, text in contents.items() if path != layout.OVERRIDES)
    return digest.of_files(contents.items()), release


def sha256(place: FleetRepository, file: str) -> str:
    """The digest of a file of the work tree."""
    return "sha256:" + hashlib.sha256((place.path / file).read_bytes()).hexdigest()


def current_ledger(place: FleetRepository) -> Ledger:
    """The ledger of production in the work tree."""
    return lines.decode((place.path / LEDGER).read_bytes(), LEDGER)


def record(place: FleetRepository, file: str, approver: str | None = None) -> dict[str, str]:
    """The reference of an entry to a record."""
    fields = {"file": file, "sha256": sha256(place, file)}
    return fields if approver is None else {**fields, "approver": approver, "assurance": "recorded"}


def agent_change(place: FleetRepository, agent: str) -> AgentTransition:
    """The change from the last state in the ledger to the folder in production."""
    ledger = current_ledger(place)
    last = ledger.last_transition(agent)
    to, release = states(place, "production", agent)
    return AgentTransition(
        agent=agent,
        from_state=last[1].to_state if last else None,
        to_state=to,
        release=release,
        generation=ledger.next_generation(agent),
    )


def append_entry(place: FleetRepository, *agents: str, when: str, **fields: Any) -> None:
    """Append an entry for these agents as the tool would write it, except for *fields*."""
    files = [place.path / "fleet-config.yaml", *(place.path / "governance").iterdir()]
    governance = digest.of_files(
        (file.relative_to(place.path).as_posix(), file.read_bytes()) for file in files
    )
    honest: Mapping[str, Any] = {
        "kind": "update",
        "at": datetime.fromisoformat(when),
        "governance": governance,
        "commit": place.git("rev-parse", "HEAD"),
        "actor": "ci@town.example",
        "agents": tuple(agent_change(place, agent) for agent in agents),
        "policy_version": 2,
        "policy_sha256": sha256(place, "governance/policy.yaml"),
        "tool": "fleetward 0.1.0",
    }
    _, content = lines.append(current_ledger(place), **{**honest, **fields})
    (place.path / LEDGER).write_bytes(content)


def copy_from_staging(place: FleetRepository, agent: str = "desk") -> None:
    """Copy the files of an agent from staging to production."""
    source = place.path / "environments" / "staging" / agent
    shutil.copytree(source, place.path / "environments" / "production" / agent, dirs_exist_ok=True)


def forge_promotion(
    place: FleetRepository, agent: str = "desk", *, when: str, commit_at: str | None = None, **fields: Any
) -> str:
    """Commit a promotion as the tool would, without a decision; return the commit."""
    copy_from_staging(place, agent)
    append_entry(place, agent, when=when, **fields)
    return place.commit(message_of_entry(place), who="ci", at=commit_at or when)


def message_of_entry(place: FleetRepository) -> str:
    """The message with which the tool commits the lines that HEAD does not have."""
    committed = place.git("show", f"HEAD:{LEDGER}").count("\n") + 1
    lines_now = (place.path / LEDGER).read_bytes().split(b"\n")[:-1]
    trailers = (
        f"Fleet-Ledger: {number} {digest.of_bytes(line)}"
        for number, line in enumerate(lines_now, start=1)
        if number > committed
    )
    return "promote\n\n" + "\n".join(trailers)


def met_requirements(agent: str, approver: str, run: str) -> tuple[dict[str, Any], ...]:
    """What the policy asks of an agent, met by *approver* and a run of that instant."""
    met: dict[str, Any] = {"readyAt": None, "could": []}
    approvals = {"asked": "1 of owner", "status": "met", "by": [approver], "detail": f"1 of 1: {approver}"}
    asked = "quality passed (pass-rate at least 0.9)"
    evals = {"asked": asked, "status": "met", "by": [], "detail": f"1 on {run}"}
    return (
        {"agent": agent, "rule": "every-change", "kind": "approvals", **approvals, **met},
        {"agent": agent, "rule": "shown", "kind": "evals", **evals, **met},
    )


__all__ = ["CONFIG", "DESK", "LEDGER", "NOW", "PROMPT", "RULES", "AuditRun", "FleetRepository"]
