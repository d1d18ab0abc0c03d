"""
Cases of the rules: ``tests/cases/RULE/good.yaml`` and ``bad.yaml`` patch the fleet in ``tests/cases/_base``.

``agents: [staging/order-bot]``      more agents: copies of staging/desk-bot, with their own name
``edit: {FILE: {OLD: NEW}}``         OLD stands once in the file; each line of NEW begins in the column of OLD;
                                     NEW ``null`` removes the line
``files: {FILE: TEXT}``              a new file, or the new content of one
``links: {FILE: TARGET}``            a symbolic link
``remove: [FILE or FOLDER]``
``executable: [FILE]``               files with the mode 755
``attested: [{kind, day}]``          what was attested of desk-bot, with ``of`` and ``result`` where they differ
``now: 2026-11-20T12:00:00Z``        the clock, where it is not this one
``findings: [{file, line, path}]``   in bad.yaml: all that is found, in order; ``rule`` where it is not RULE
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from fleetward.domain.attestation import EVERYWHERE, Attestation, Result
from tests.paths import CASES

BASE = CASES / "_base"
AGENT = "environments/staging/desk-bot"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEYS = frozenset({"agents", "edit", "files", "links", "remove", "executable", "attested", "now", "findings"})


class CaseError(ValueError):
    """A case file that cannot be applied; the message says what to mend in which file."""


@dataclass(frozen=True)
class Case:
    """One case file."""

    file: Path
    rule: str
    data: Mapping[str, Any]

    @property
    def now(self) -> datetime:
        """The clock of this case."""
        return datetime.fromisoformat(self.data["now"]) if "now" in self.data else NOW

    @property
    def attestations(self) -> dict[str, tuple[Attestation, ...]]:
        """What was attested, by agent."""
        items = tuple(_attestation(item) for item in self.data.get("attested", ()))
        return {"desk-bot": items} if items else {}

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The expected findings, each with rule, file, line and path."""
        return [{"rule": self.rule, **finding} for finding in self.data.get("findings", ())]

    def write(self, folder: Path) -> Path:
        """Write the patched fleet into *folder*, which must not exist."""
        shutil.copytree(BASE, folder)
        for agent in self.data.get("agents", ()):
            self._copy_agent(folder, agent)
        for file, edits in self.data.get("edit", {}).items():
            path = folder / file
            if not path.is_file():
                raise self.error(f"edit: there is no file {file!r} to edit; write it under files:")
            text = path.read_text(encoding="utf-8")
            for old, new in edits.items():
                text = self._edited(file, text, old, new)
            path.write_text(text, encoding="utf-8")
        for file, content in self.data.get("files", {}).items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        for file, target in self.data.get("links", {}).items():
            path = folder / file
            path.unlink(missing_ok=True)
            path.symlink_to(target)
        for file in self.data.get("executable", ()):
            (folder / file).chmod(0o755)
        for file in self.data.get("remove", ()):
            path = folder / file
            if path.is_dir():
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
            else:
                raise self.error(f"remove: there is no {file!r}")
        return folder

    def _copy_agent(self, folder: Path, agent: str) -> None:
        copy = folder / "environments" / agent
        shutil.copytree(BASE / AGENT, copy)
        manifest = copy / "agent.yaml"
        manifest.write_text(manifest.read_text().replace("desk-bot", copy.name))

    def _edited(self, file: str, text: str, old: str, new: str | None) -> str:
        if (count := text.count(old)) != 1:
            raise self.error(f"edit: {old!r} occurs {count} times in {file}; it must occur once")
        before, _, after = text.partition(old)
        line = before.rpartition("\n")[2]
        if new is None:
            return before.removesuffix(line) + after.partition("\n")[2]
        return before + new.rstrip("\n").replace("\n", "\n" + " " * len(line)) + after

    def error(self, message: str) -> CaseError:
        """What is wrong with this case file."""
        return CaseError(f"tests/cases/{self.rule}/{self.file.name}: {message}")


def _attestation(item: Mapping[str, str]) -> Attestation:
    return Attestation(
        file="attestations/desk-bot/one.json",
        sha256="",
        environment=EVERYWHERE,
        agent="desk-bot",
        state="",
        kind=item["kind"],
        of=item.get("of"),
        person="carla",
        on=date.fromisoformat(str(item["day"])),
        result=Result(item.get("result", "passed")),
        outcome=None,
        incident=None,
        note="",
        repository="acme/agents",
    )


def rules_with_cases() -> list[str]:
    """The ids of all rules that have a case, sorted."""
    return sorted({file.parent.name for file in CASES.glob("*/*.yaml") if file.parent != BASE})


def load_case(rule: str, side: str, cases: Path = CASES) -> Case:
    """The case ``good`` or ``bad`` of a rule."""
    file = cases / rule / f"{side}.yaml"
    case = Case(file=file, rule=rule, data=yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    if unknown := set(case.data) - KEYS:
        raise case.error(f"unknown keys {sorted(unknown)}; known: {sorted(KEYS)}")
    return case


def write_all(folder: Path) -> Path:
    """Write the fleets of all cases as ``RULE/good`` and ``RULE/bad`` into one git repository, *folder*."""
    for rule in rules_with_cases():
        for side in ("good", "bad"):
            load_case(rule, side).write(folder / rule / side)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder
