"""
How long a verdict takes: one agent with 50 approvals, a ledger of 10,000 entries, a fleet of 1,000 agents.

    .venv/bin/python benchmarks/promote.py [AGENTS:ENTRIES...]

Whole processes, medians of five, all of them in turns; the budget of a verdict is one second, and the share of the
first row is of processor time. A fleet of a tenth and a ledger of a hundredth are measured in the same run, to see
what grows with either. Every agent stands in staging and in production; every approval was committed by the person
who gave it, and the governance that judges is that of the ledger's entries.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from fleets import fleet, git
from measuring import FLEET, compare

from fleetward.domain import digest, layout
from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.ledger import AgentTransition, Entry
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.report import verdicts_json
from fleetward.store.cache.verified_ledgers import VerifiedLedgers, verified_ledgers_file
from fleetward.store.records import approvals, ledger_line

BUDGET_S = 1.0
APPROVALS, STEPS = 50, 20
SIZES = ((1_000, 10_000), (100, 10_000), (1_000, 100))
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
NOW = "2026-11-22T12:00:00Z"
"""When the soak is over."""
NEEDS = (
    Requirement(
        rule="every-change",
        kind="approvals",
        condition="1 of owner",
        status=RequirementStatus.MET,
        by=("nadia",),
        detail="1 of 1: nadia",
    ),
    Requirement(
        rule="every-change",
        kind="soak",
        condition="at least 1d",
        status=RequirementStatus.MET,
        detail="2d so far",
        ready_at=START,
    ),
)
"""What every entry was asked."""


COMMANDS = {
    "promote": ("promote", CHANGED, "--to", "production"),
    "why": ("why", CHANGED),
    "log": ("log", CHANGED),
}


def main() -> int:
    given = (size.split(":") for size in sys.argv[1:])
    sizes = [(int(agents), int(entries)) for agents, entries in given] or SIZES
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as above:
        asked = {}
        for agents, entries in sizes:
            folder = made(Path(above) / f"{agents}-{entries}", agents, entries)
            for name, words in COMMANDS.items():
                command = [FLEET, words[0], "-C", str(folder), *words[1:]]
                asked[row(name, agents, entries)] = [*command, "--now", NOW]
        taken = compare(asked, Path(above))
    print(f"{row('', 'agents', 'entries')}  {'seconds':>8} {'p95':>7} {'cpu':>7} {'MB':>5}  of the first")
    for title, one in taken.items():
        first = taken[row(title.split()[0], *sizes[0])]
        print(
            f"{title}  {one.seconds:>8.2f} {one.p95:>7.2f} {one.cpu:>7.2f} {one.megabytes:>5.0f}"
            f"  {one.cpu / first.cpu:>6.0%}"
        )
    return 0 if all(one.seconds <= BUDGET_S for title, one in taken.items() if "promote" in title) else 1


def row(name: str, agents: object, entries: object) -> str:
    """What is measured, as the table has it."""
    return f"{name:<8} {agents:>7} {entries:>8}"


def made(folder: Path, agents: int, entries: int) -> Path:
    """A repository in which a change of one agent has all its approvals."""
    fleet(folder, agents)
    states = {f"agent-{number:05}": state(folder, f"agent-{number:05}") for number in range(agents)}
    prompt = folder / "environments" / "staging" / CHANGED / "prompts" / "tone.md"
    before = prompt.read_bytes()
    prompt.write_bytes(b"Short words.\n")
    candidate = state(folder, CHANGED)
    prompt.write_bytes(before)
    law = imported(folder, governed(folder))
    names = mover(agents, entries)
    binding = Binding(
        repository="brightwater/agents",
        environment="production",
        agent=CHANGED,
        from_state=states[CHANGED],
        to_state=candidate,
        generation=1 + names.count(CHANGED),
    )
    tone = {f"environments/staging/{CHANGED}/prompts/tone.md": b"Short words.\n"}
    lines = list(told(names, states, law, governance(folder)))
    head = imported(folder, chain(grown(lines), commit("nadia", "another tone", tone), given(binding)))
    remember(folder, head)
    return folder


def remember(folder: Path, head: str) -> None:
    """The ledger as an earlier run has verified it: what is measured is every promotion but the first after a clone."""
    ledger = layout.ledger_file("production")
    command = ["git", "rev-parse", f"{head}:{ledger}"]
    blob = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    memory = verified_ledgers_file(folder / ".git", "", os.environ, test_clock=False)
    if memory is None:
        sys.exit("no key to seal with: set HOME")
    memory.write(VerifiedLedgers(head=head, ledgers={"production": blob}))


def imported(folder: Path, parts: Iterable[bytes]) -> str:
    """These commits on top of the branch; the last one's id."""
    git(folder, "update-ref", "refs/heads/next", "HEAD")
    command = ["git", "fast-import", "--quiet"]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, env=quiet()) as importing:
        assert importing.stdin is not None
        importing.stdin.write(b"reset refs/heads/next\nfrom refs/heads/next^0\n\n")
        importing.stdin.writelines(parts)
    if importing.returncode:
        sys.exit("git fast-import did not take it")
    git(folder, "reset", "--quiet", "--hard", "next")
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def governance(folder: Path) -> str:
    """The digest of the governance folder."""
    place = folder / "governance"
    return digest.of_files((path.name, path.read_bytes()) for path in place.iterdir())


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
    files[layout.PEOPLE] = people.encode()
    files[layout.POLICY] = POLICY.encode()
    yield from commit("nadia", "what governs", files)


def mover(agents: int, entries: int) -> list[str]:
    """Which agent each entry moved, in turns."""
    return [f"agent-{number % agents:05}" for number in range(entries)]


def told(names: list[str], states: dict[str, str], commit: str, governance: str) -> Iterator[str]:
    """A ledger in which every agent was moved in turn and ended in the state that it is in."""
    left = Counter(names)
    known: dict[str, tuple[str | None, int]] = dict.fromkeys(states, (None, 0))
    previous = None
    for number, name in enumerate(names, start=1):
        before, generation = known[name]
        left[name] -= 1
        after = states[name] if not left[name] else digest.of_bytes(f"{name} {generation}".encode())
        known[name] = (after, generation + 1)
        moved = AgentTransition(
            agent=name, from_state=before, to_state=after, release=after, generation=generation + 1
        )
        line = ledger_line.encode(entry(number, previous, moved, commit, governance))
        previous = digest.of_bytes(line.encode())
        yield line


def entry(number: int, previous: str | None, moved: AgentTransition, commit: str, governance: str) -> Entry:
    """One promotion as the tool would have written it."""
    file = f"approvals/production/{moved.agent}/{digest.short(moved.to_state or '')}-nadia-1.json"
    return Entry(
        seq=number,
        previous=previous,
        governance=governance,
        environment="production",
        kind="update" if moved.from_state else "create",
        at=START + timedelta(minutes=number),
        commit=commit,
        actor="ci@brightwater.example",
        agents=(moved,),
        policy_version=1,
        policy_sha256=digest.of_bytes(POLICY.encode()),
        approvals=(
            {"file": file, "sha256": digest.of_files([]), "approver": "nadia", "assurance": "recorded"},
        ),
        requirements=tuple(
            {"agent": moved.agent, **verdicts_json.encode_requirement(need)} for need in NEEDS
        ),
        tool="fleetward 0.1.0",
    )


def grown(lines: list[str]) -> Iterator[bytes]:
    """The ledger as history has it: longer with every commit."""
    step = -(-len(lines) // STEPS)
    for end in range(step, len(lines) + step, step):
        content = "".join(f"{line}\n" for line in lines[:end]).encode()
        yield from commit("nadia", "promotions", {layout.ledger_file("production"): content})


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
    for path, content in files.items():
        yield f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


def quiet() -> dict[str, str]:
    """An environment without anybody's configuration."""
    return {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


if __name__ == "__main__":
    sys.exit(main())
