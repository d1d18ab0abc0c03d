"""
How long an audit takes: a clean history of 1,000 promotions in a fleet of 200 agents, and its last day alone.

    .venv/bin/python benchmarks/audit.py [PROMOTIONS [AGENTS]]

Whole processes, medians of three; on a busy machine the processor's seconds tell more than the clock's. Every
promotion has its own change, two evaluation runs, two approvals committed by the people who gave them, and a day of
soak; the history is made with git fast-import in a temporary folder. Budgets: 20 seconds for all of it, one second for
what came in last.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from fleets import fleet, git
from measuring import FLEET, compare

from fleetward.domain import digest, layout
from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.evidence import EvidenceRecord, SampleCounts
from fleetward.domain.ledger import AgentTransition, Entry
from fleetward.store.records import approvals, evidence, ledger_line

WHOLE_S, LAST_S = 20.0, 1.0
PROMOTIONS, AGENTS, BATCH = 1_000, 200, 100
START = datetime(2026, 11, 20, 13, tzinfo=UTC)
SUITES = {"answers": "promptfoo", "rescheduling": "junit"}
REQUIREMENTS = (
    ("every-change", "approvals", ["tomas"]),
    ("medium-and-up", "approvals", ["greta"]),
    *(("medium-and-up", "evals", []) for _ in SUITES),
    ("medium-and-up", "soak", []),
)
"""What the policy of the example asks of such a change, and who gives it."""
NOW = "2026-12-09T12:00:00Z"
Files = Mapping[str, bytes]


def main() -> int:
    sizes = [int(size) for size in sys.argv[1:]]
    promotions = sizes[0] if sizes else PROMOTIONS
    agents = sizes[1] if len(sizes) > 1 else AGENTS
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as above:
        folder = made(Path(above) / "fleet", promotions, agents)
        asked = [FLEET, "audit", "--now", NOW]
        # a history with breaks would be another measurement
        subprocess.run(asked, cwd=folder, stdout=subprocess.DEVNULL, check=True)
        last = git_said(folder, "rev-list", "--first-parent", "-n1", "HEAD~1", "--", "ledger")
        taken = compare({"whole": asked, "last": [*asked, f"{last}..HEAD"]}, folder, runs=3)
    budgets = {"whole": WHOLE_S, "last": LAST_S}
    print(
        f"{promotions} promotions, {agents} agents\n{'':<8} {'seconds':>8} {'p95':>7} {'cpu':>7}"
        f" {'peak MB':>8} {'budget':>7}"
    )
    for name, one in taken.items():
        print(
            f"{name:<8} {one.seconds:>8.2f} {one.p95:>7.2f} {one.cpu:>7.2f} {one.megabytes:>8.0f}"
            f" {budgets[name]:>7.2f}"
        )
    return 0 if all(one.seconds <= budgets[name] for name, one in taken.items()) else 1


def made(folder: Path, promotions: int, agents: int) -> Path:
    """The repository, its work tree at the end of it."""
    fleet(folder, agents)
    with History(folder) as history:
        history.adopt(agents)
        batch = min(BATCH, agents)
        for begin in range(0, promotions, batch):
            numbers = range(begin, min(begin + batch, promotions))
            day = START + timedelta(hours=1 + 30 * (begin // batch))
            for number in numbers:
                history.change(f"agent-{number % agents:05}", number, day + timedelta(minutes=number - begin))
            # an author's own date proves no soak
            history.commit(
                "yusuf", day + timedelta(minutes=batch), "a walk", {"walks.md": f"{begin}\n".encode()}
            )
            for number in numbers:
                ready = day + timedelta(hours=26, minutes=2 * (number - begin))
                history.promote(f"agent-{number % agents:05}", ready)
    git(folder, "reset", "--quiet", "--hard")
    return folder


def git_said(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


class History:
    """Commits on top of a fleet, one after the other, through one fast-import."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tip = git_said(folder, "rev-parse", "HEAD")
        self.marks = 0
        self.content = b""
        self.seq = 0
        self.previous: str | None = None
        self.staged: dict[str, dict[str, bytes]] = {}
        self.running: dict[str, tuple[str | None, int]] = {}
        governed = [folder / layout.CONFIG, *(folder / layout.GOVERNANCE).iterdir()]
        self.governance = digest.of_files(
            (path.relative_to(folder).as_posix(), path.read_bytes()) for path in governed
        )
        self.policy = digest.of_bytes((folder / layout.POLICY).read_bytes())

    def __enter__(self) -> History:
        self.process = subprocess.Popen(
            ["git", "fast-import", "--quiet", "--force"],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *failed: object) -> None:
        _pipe(self.process.stdin).close()
        if self.process.wait():
            sys.exit("git fast-import failed")

    def adopt(self, agents: int) -> None:
        """Production as staging is, and the ledger's first line."""
        files: dict[str, bytes] = {}
        for number in range(agents):
            name = f"agent-{number:05}"
            place = self.folder / "environments" / "staging" / name
            own = {
                one.relative_to(place).as_posix(): one.read_bytes()
                for one in place.rglob("*")
                if one.is_file()
            }
            self.staged[name] = own
            self.running[name] = (None, 0)
            files |= {f"environments/production/{name}/{path}": text for path, text in own.items()}
        self.commit("nadia", START, "production as it runs", files)
        moved = tuple(self.moved(name) for name in self.staged)
        self.enter("adopt", START + timedelta(minutes=10), moved, {})

    def change(self, name: str, number: int, when: datetime) -> None:
        """Another tone in staging."""
        text = f"Short sentences, edition {number}.\n".encode()
        self.staged[name]["prompts/tone.md"] = text
        file = f"environments/staging/{name}/prompts/tone.md"
        self.commit("lena", when, f"tone of {name}", {file: text})

    def promote(self, name: str, when: datetime) -> None:
        """Evaluated, approved by an owner and by the platform, and applied."""
        moved = self.moved(name)
        runs = [self.record(name, moved.release or "", suite, when) for suite in SUITES]
        self.commit("yusuf", when, f"evaluated {name}", dict(runs))
        given = []
        for person, team in (("tomas", "owner"), ("greta", "platform")):
            file, text = self.approval(moved, person, when)
            self.commit(person, when, f"decide for {team}", {file: text})
            given.append({"file": file, "sha256": digest.of_bytes(text), "approver": person})
        tone = f"environments/production/{name}/prompts/tone.md"
        self.enter(
            "update",
            when,
            (moved,),
            {tone: self.staged[name]["prompts/tone.md"]},
            tuple({**one, "assurance": "recorded"} for one in given),
            tuple({"file": file, "sha256": digest.of_bytes(text)} for file, text in runs),
            tuple(
                {"agent": name, "rule": rule, "kind": kind, "status": "met", "by": by}
                for rule, kind, by in REQUIREMENTS
            ),
        )

    def moved(self, name: str) -> AgentTransition:
        """The step from what runs to what is staged."""
        before, generation = self.running[name]
        state = digest.of_files(self.staged[name].items())
        return AgentTransition(
            agent=name, from_state=before, to_state=state, release=state, generation=generation + 1
        )

    def record(self, name: str, release: str, suite: str, when: datetime) -> tuple[str, bytes]:
        """An evaluation that passed: its file and its content."""
        source = digest.of_bytes(f"{release} {suite}".encode())
        made = EvidenceRecord(
            file="",
            sha256="",
            agent=name,
            release=release,
            suite=suite,
            format=SUITES[suite],
            metric="pass-rate",
            value=1.0,
            minimum=0.95 if suite == "answers" else 0.98,
            maximum=None,
            counts=SampleCounts(total=40, passed=40),
            model=None,
            finished=when,
            recorded=when,
            source="run",
            source_sha256=source,
        )
        return evidence.record_name(made), evidence.encode(made)

    def approval(self, moved: AgentTransition, person: str, when: datetime) -> tuple[str, bytes]:
        """A decision in favour: its file and its content."""
        said = Approval(
            file="",
            sha256="",
            decision=Decision.APPROVE,
            approver=person,
            binding=Binding(
                repository="brightwater/agents",
                environment="production",
                agent=moved.agent,
                from_state=moved.from_state,
                to_state=moved.to_state or "",
                generation=moved.generation,
            ),
            issued=when,
            expires=when + timedelta(days=14),
            policy_version=1,
            policy_sha256=self.policy,
        )
        return approvals.file_name(said, 1), approvals.encode(said)

    def enter(
        self,
        kind: str,
        when: datetime,
        moved: tuple[AgentTransition, ...],
        files: Files,
        given: tuple[dict[str, str], ...] = (),
        shown: tuple[dict[str, str], ...] = (),
        met: tuple[dict[str, object], ...] = (),
    ) -> None:
        """The ledger's next line, in one commit with these files."""
        entry = Entry(
            seq=self.seq + 1,
            previous=self.previous,
            governance=self.governance,
            environment="production",
            kind=kind,
            at=when,
            commit=self.tip,
            actor="ci@brightwater.example",
            agents=moved,
            policy_version=1,
            policy_sha256=self.policy,
            approvals=given,
            evidence=shown,
            requirements=met,
            governance_version=2,
            tool="benchmark",
        )
        written = ledger_line.encode(entry)
        self.content += written.encode() + b"\n"
        self.seq, self.previous = entry.seq, digest.of_bytes(written.encode())
        for one in moved:
            self.running[one.agent] = (one.to_state, one.generation)
        file = layout.ledger_file("production")
        trailer = f"Fleet-Ledger: {self.seq} {self.previous}"
        self.commit("ci", when, f"promote\n\n{trailer}\n", {**files, file: self.content})

    def commit(self, who: str, when: datetime, message: str, files: Files) -> None:
        """One commit; its id is the new tip."""
        self.marks += 1
        pipe = _pipe(self.process.stdin)
        by = f"{who} <{who}@brightwater.example> {int(when.timestamp())} +0000"
        head = f"commit refs/heads/main\nmark :{self.marks}\nauthor {by}\ncommitter {by}\n"
        pipe.write(head.encode() + b"data %d\n%s\n" % (len(message), message.encode()))
        if self.marks == 1:  # from then on the branch goes on from its tip
            pipe.write(f"from {self.tip}\n".encode())
        for path, text in files.items():
            pipe.write(f"M 100644 inline {path}\n".encode() + b"data %d\n%s\n" % (len(text), text))
        pipe.write(f"\nget-mark :{self.marks}\n".encode())
        pipe.flush()
        self.tip = _pipe(self.process.stdout).readline().decode().strip()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        sys.exit("git fast-import cannot be talked to")
    return stream


if __name__ == "__main__":
    sys.exit(main())
