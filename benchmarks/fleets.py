"""Generated fleets for benchmarks: real repositories of agents with manifests of about a hundred lines."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "example-fleet"
AGENT = EXAMPLE / "environments" / "staging" / "delivery-desk"
NOW = "2026-11-20T12:00:00Z"


def fleet(folder: Path, agents: int) -> Path:
    """A repository with *agents* agents in staging, each of its own name and state; one commit."""
    folder.mkdir(parents=True)
    for name in ("fleet-config.yaml", "governance"):
        source = EXAMPLE / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "governance" / "waivers.yaml").unlink()
    manifest = (AGENT / "agent.yaml").read_text(encoding="utf-8")
    manifest = manifest.replace("    - {agent: address-check} # must be there\n", "")
    prompt = (AGENT / "prompts" / "system.md").read_text(encoding="utf-8")
    for number in range(agents):
        write(folder, f"agent-{number:05}", manifest, prompt)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "a fleet")
    return folder


def write(folder: Path, name: str, manifest: str, prompt: str) -> None:
    """One agent's folder."""
    place = folder / "environments" / "staging" / name
    (place / "prompts").mkdir(parents=True)
    (place / "evals").mkdir()
    own = manifest.replace("delivery-desk", name).replace("slot-requests", f"state-{name}")
    (place / "agent.yaml").write_text(own, encoding="utf-8")
    (place / "prompts" / "system.md").write_text(f"{prompt}You are {name}.\n", encoding="utf-8")
    (place / "prompts" / "tone.md").write_text("Short sentences.\n", encoding="utf-8")
    for suite in ("answers", "rescheduling"):
        shutil.copy(AGENT / "evals" / f"{suite}.yaml", place / "evals" / f"{suite}.yaml")


def commit(folder: Path, message: str) -> None:
    """Everything as one commit."""
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", message)


def git(folder: Path, *arguments: str) -> None:
    """Run git in *folder* as nobody in particular, without anybody's configuration."""
    identity = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in (("NAME", "nadia"), ("EMAIL", "nadia@brightwater.example"), ("DATE", NOW))
    }
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=folder, env={**os.environ, **identity, **quiet}, check=True)


def change_all(folder: Path) -> None:
    """A second commit that changes every agent's prompt."""
    for prompt in sorted((folder / "environments" / "staging").glob("*/prompts/system.md")):
        prompt.write_text(prompt.read_text(encoding="utf-8") + "Offer 4 days.\n", encoding="utf-8")
    commit(folder, "a change of every agent")
