"""approve, why, approvals: what is said of one agent does not depend on agents that have nothing to do with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.repositories import DESK, FLEET, MANIFEST, CommandResult, Repository, running

CROWD = 30
ASKED = {
    "why": ("why", "desk-bot"),
    "why, in text": ("why", "desk-bot", "-v"),
    "approvals": ("approvals", "desk-bot"),
    "promote": ("promote", "desk-bot", "--to", "production"),
    "approve": ("approve", "desk-bot", "--to", "production"),
}


def crowd() -> dict[str, str]:
    """Thirty sound agents, one that cannot be read, one that is no YAML, one whose owner is nobody."""
    agent_files = {path.removeprefix(DESK): text for path, text in FLEET.items() if path.startswith(DESK)}
    files = {
        f"environments/staging/other-{number}{path}": text.replace("desk-bot", f"other-{number}")
        for number in range(CROWD)
        for path, text in agent_files.items()
    }
    files["environments/staging/unreadable/prompts/A.md"] = "1"
    files["environments/staging/unreadable/prompts/a.md"] = "2"
    files["environments/staging/broken/agent.yaml"] = "spec: [\n"
    files["environments/staging/lost/agent.yaml"] = MANIFEST.replace("desk-bot", "lost").replace(
        "team: desk", "team: nobody"
    )
    return files


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return running(tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def among(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repo = running(tmp_path_factory.mktemp("among"))
    repo.commit("many others", files=crowd())
    assert repo.fleet("validate").code == 1
    return repo


def run_output(repo: Repository, *words: str, json: bool) -> tuple[int, str]:
    """What a command says, whatever the commits are called; what it writes is taken away again."""
    ran: CommandResult = repo.fleet(*words, *(["--json"] if json else []), identity="carla")
    repo.git("clean", "-q", "-f", "-d", "--", "approvals")
    return ran.code, ran.out.replace(repo.head, "HEAD")


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED.keys())
def test_unrelated_agents_do_not_change_the_output(
    alone: Repository, among: Repository, words: tuple[str, ...]
) -> None:
    outputs = [run_output(repo, *words, json="-v" not in words) for repo in (alone, among)]

    assert outputs[0] == outputs[1]
    assert "desk-bot" in outputs[0][1]


def test_an_agent_that_depends_on_it_changes_the_output(tmp_path: Path) -> None:
    repo = running(tmp_path)
    text = MANIFEST.replace("desk-bot", "front-bot") + "  dependsOn: [{agent: desk-bot}]\n"
    repo.commit(
        "needed",
        files={
            f"environments/{env}/front-bot{path.removeprefix(DESK)}": (
                text if path.endswith("agent.yaml") else inside
            )
            for env in ("staging", "production")
            for path, inside in FLEET.items()
            if path.startswith(DESK)
        },
    )
    repo.commit("gone", files={path: None for path in FLEET if path.startswith(DESK)})

    ran = repo.fleet("why", "desk-bot", "--json")

    assert "front-bot" in ran.out, ran.out
