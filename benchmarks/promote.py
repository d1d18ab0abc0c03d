"""
How long a verdict takes: one agent with 50 approvals, a ledger of 10,000 entries, a fleet of 1,000 agents.

    .venv/bin/python benchmarks/promote.py [AGENTS...]

Whole processes, medians of five; the budget is one second and a cost that does not grow with the fleet. Every agent
stands in staging and in production; every approval was committed by the person who gave it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fleets import NOW, fleet, git
from measuring import compare

from fleetward.domain import digest
from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.ledger import Entry, Moved
from fleetward.store import approvals, ledger

BUDGET_S = 1.0
APPROVALS, ENTRIES, STEPS = 50, 10_000, 20
START = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = f"""\
apiVersion: fleetward/v1
kind: Policy
version: 1
tiers: [low, medium, high, critical]
rules:
  - {{id: every-change, when: {{to: production}}, require: [{{approvals: {APPROVALS}, from: panel}}, {{soak: PT24H}}]}}
"""
CHANGED = "agent-00000"


def main() -> int:
    sizes = [int(size) for size in sys.argv[1:]] or [10, 1_000]
    slowest = 0.0
    print(f"{'agents':>7}  {'command':<22} {'seconds':>8} {'p95':>7} {'MB':>6}")
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as above:
        for size in sizes:
            folder = made(Path(above) / str(size), size)
            asked = [
                sys.executable,
                "-m",
                "fleetward",
                "promote",
                CHANGED,
                "--to",
                "production",
                "--now",
                NOW,
            ]
            for name, taken in compare({"fleet promote": asked}, folder).items():
                print(
                    f"{size:>7}  {name:<22} {taken.seconds:>8.2f} {taken.p95:>7.2f} {taken.megabytes:>6.0f}"
                )
                slowest = max(slowest, taken.seconds)
    return 0 if slowest <= BUDGET_S else 1


def made(folder: Path, agents: int) -> Path:
    """A repository in which a change of one agent has all its approvals."""
    fleet(folder, agents)
    states = {f"agent-{number:05}": state(folder, f"agent-{number:05}") for number in range(agents)}
    prompt = folder / "environments" / "staging" / CHANGED / "prompts" / "tone.md"
    before = prompt.read_bytes()
    prompt.write_bytes(b"Short words.\n")
    candidate = state(folder, CHANGED)
    prompt.write_bytes(before)
    lines = list(entries(states))
    binding = Binding(
        repository="brightwater/agents",
        environment="production",
        agent=CHANGED,
        from_state=states[CHANGED],
        to_state=candidate,
        generation=1 + sum(name == CHANGED for name in mover(agents)),
    )
    parts = [
        *governed(folder),
        *grown(lines),
        *commit(
            "nadia", "another tone", {f"environments/staging/{CHANGED}/prompts/tone.md": b"Short words.\n"}
        ),
        *given(binding),
    ]
    git(folder, "update-ref", "refs/heads/next", "HEAD")
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=folder, input=b"".join(parts), env=quiet(), check=True
    )
    git(folder, "reset", "--quiet", "--hard", "next")
    return folder


def state(folder: Path, name: str) -> str:
    """The state digest of an agent, which has no overrides and so is its release."""
    place = folder / "environments" / "staging" / name
    files = (path for path in place.rglob("*") if path.is_file())
    return digest.of_files((path.relative_to(place).as_posix(), path.read_bytes()) for path in files)


def governed(folder: Path) -> Iterator[bytes]:
    """Policy, people, and production as staging is."""
    panel = [f"person-{number}" for number in range(APPROVALS)]
    people = (folder / "governance" / "people.yaml").read_text(encoding="utf-8")
    known = "".join(
        f"  {one}: {{name: {one}, emails: [{one}@brightwater.example], since: 2024-01-01}}\n" for one in panel
    )
    people = people.replace("\npeople:\n", f"\npeople:\n{known}")
    people = people.replace("\nteams:\n", f"\nteams:\n  panel: {{members: [{', '.join(panel)}]}}\n")
    staged = folder / "environments" / "staging"
    files = {
        f"environments/production/{path.relative_to(staged).as_posix()}": path.read_bytes()
        for path in staged.rglob("*")
        if path.is_file()
    }
    files["governance/people.yaml"] = people.encode()
    files["governance/policy.yaml"] = POLICY.encode()
    yield from commit("nadia", "what governs", files)


def mover(agents: int) -> list[str]:
    """Which agent each entry moved, in turns."""
    return [f"agent-{number % agents:05}" for number in range(ENTRIES)]


def entries(states: dict[str, str]) -> Iterator[str]:
    """A ledger in which every agent was moved in turn and ended in the state that it is in."""
    names = mover(len(states))
    left = {name: names.count(name) for name in states}
    known: dict[str, tuple[str | None, int]] = dict.fromkeys(states, (None, 0))
    previous = None
    for number, name in enumerate(names, start=1):
        before, generation = known[name]
        left[name] -= 1
        after = states[name] if not left[name] else digest.of_bytes(f"{name} {generation}".encode())
        known[name] = (after, generation + 1)
        moved = Moved(agent=name, from_state=before, to_state=after, release=after, generation=generation + 1)
        line = ledger.encode(entry(number, previous, moved))
        previous = digest.of_bytes(line.encode())
        yield line


def entry(number: int, previous: str | None, moved: Moved) -> Entry:
    """One promotion as the tool would have written it."""
    file = f"approvals/production/{moved.agent}/{digest.short(moved.to_state or '')}-nadia-1.json"
    return Entry(
        seq=number,
        previous=previous,
        governance=digest.of_files([]),
        environment="production",
        kind="update" if moved.from_state else "create",
        at=START + timedelta(minutes=number),
        commit="0" * 40,
        actor="ci@brightwater.example",
        agents=(moved,),
        policy_version=1,
        policy_sha256=digest.of_bytes(POLICY.encode()),
        approvals=(
            {"file": file, "sha256": digest.of_files([]), "approver": "nadia", "assurance": "recorded"},
        ),
        requirements=({"agent": moved.agent, "rule": "every-change", "kind": "approvals", "status": "met"},),
        tool="fleetward 0.1.0",
    )


def grown(lines: list[str]) -> Iterator[bytes]:
    """The ledger as history has it: longer with every commit."""
    step = -(-len(lines) // STEPS)
    for end in range(step, len(lines) + step, step):
        content = "".join(f"{line}\n" for line in lines[:end]).encode()
        yield from commit("nadia", "promotions", {ledger.file_name("production"): content})


def given(binding: Binding) -> Iterator[bytes]:
    """One approval by each of the panel, committed by its author."""
    issued = datetime(2026, 11, 20, 9, tzinfo=UTC)
    for number in range(APPROVALS):
        said = Approval(
            file="",
            sha256="",
            decision=Decision.APPROVE,
            approver=f"person-{number}",
            binding=binding,
            issued=issued,
            expires=None,
        )
        yield from commit(said.approver, "approved", {approvals.file_name(said, 1): approvals.encode(said)})


def commit(who: str, message: str, files: dict[str, bytes]) -> Iterator[bytes]:
    """A commit on the branch ``next``, as fast-import reads it."""
    when = int(datetime(2026, 11, 10, tzinfo=UTC).timestamp())
    yield b"commit refs/heads/next\n"
    for role in ("author", "committer"):
        yield f"{role} {who} <{who}@brightwater.example> {when} +0000\n".encode()
    yield b"data %d\n%b\n" % (len(message), message.encode())
    yield b"" if message != "what governs" else b"from refs/heads/next^0\n"
    for path, content in files.items():
        yield f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


def quiet() -> dict[str, str]:
    """An environment without anybody's configuration."""
    return {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


if __name__ == "__main__":
    sys.exit(main())
