"""A fleet that the version before ``governanceVersion`` wrote: two adoptions, five promotions, one broken glass."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.forked import forked_fleet
from tests.paths import CHECKOUT

BUNDLE = CHECKOUT / "tests/data/earlier-version.bundle"
LEDGER = "ledger/production.jsonl"
NOW = "2026-11-16T08:00:00Z"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """The fleet, with the work tree of its last commit."""
    git(tmp_path, "clone", "-q", "-b", "main", str(BUNDLE), "fleet")
    return tmp_path / "fleet"


def people(who: str, at: str) -> dict[str, str]:
    """The variables that name this person as author and committer, and no other configuration."""
    person = {"NAME": who.title(), "EMAIL": f"{who}@x.example", "DATE": at}
    names = {f"GIT_{role}_{key}": text for role in ("AUTHOR", "COMMITTER") for key, text in person.items()}
    return {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **names}


def git(folder: Path, *words: str, who: str = "dan", at: str = NOW) -> str:
    ran = subprocess.run(["git", *words], cwd=folder, env=people(who, at), capture_output=True, check=True)
    return ran.stdout.decode()


def run(folder: Path, *words: str, who: str = "dan", at: str = NOW) -> tuple[int, str]:
    """Exit code and output of a command at this instant."""
    code, out, err = forked_fleet(words, folder, people(who, at), at)
    return code, (out + err).decode()


def test_its_audit_is_clean(fleet: Path) -> None:
    code, text = run(fleet, "audit", "--json")

    assert code == 0, text
    assert '"clean": true' in text


def test_it_goes_on_with_entries_of_today(fleet: Path) -> None:
    prompt = fleet / "environments/staging/bot/prompts/system.md"
    prompt.write_text(prompt.read_text() + "Say goodbye.\n")
    git(fleet, "commit", "-qam", "politer", who="eve", at="2026-11-16T09:00:00Z")
    glass = (
        "promote",
        "bot",
        "--to",
        "production",
        "--break-glass",
        "--incident",
        "INC-2",
        "--reason",
        "now",
    )
    assert run(fleet, "approve", "bot", "--to", "production", who="fay", at="2026-11-16T10:00:00Z")[0] == 0
    git(fleet, "add", "-A")
    git(fleet, "commit", "-qm", "yes", who="fay", at="2026-11-16T10:00:00Z")

    code, text = run(fleet, *glass, "--apply", who="gus", at="2026-11-16T11:00:00Z")

    assert code == 0, text
    last = json.loads((fleet / LEDGER).read_text().splitlines()[-1])
    assert last["governanceVersion"] == 2
    code, text = run(fleet, "audit", at="2026-11-16T12:00:00Z")
    assert code == 0, text


def test_after_an_entry_of_today_none_of_the_earlier_version_may_follow(fleet: Path) -> None:
    test_it_goes_on_with_entries_of_today(fleet)
    lines = (fleet / LEDGER).read_text().splitlines()
    entry = json.loads(lines[-1])
    del entry["governanceVersion"]
    (fleet / LEDGER).write_text("\n".join([*lines, json.dumps(entry, separators=(",", ":"))]) + "\n")
    git(fleet, "commit", "-qam", "older", at="2026-11-16T13:00:00Z")

    code, text = run(fleet, "promote", "bot", "--to", "production", at="2026-11-16T14:00:00Z")

    assert code == 2
    assert f"{LEDGER}:8" in text


def test_a_configuration_that_nobody_agreed_to_decides_nothing_from_now_on(fleet: Path) -> None:
    config = fleet / "fleet-config.yaml"
    config.write_text(config.read_text().replace("spec.budgets", "spec.budgets, spec.model"))
    git(fleet, "commit", "-qam", "wider", who="eve")

    code, text = run(fleet, "promote", "bot", "--to", "production", "--json")
    policy = json.loads(text[text.index("{") : text.rindex("}") + 1])["policy"]

    assert [change["commit"] for change in policy["pending"]] == [git(fleet, "rev-parse", "HEAD").strip()]
    assert code == 1  # what waits is an approval of the change, and no error
