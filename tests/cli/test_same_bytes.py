"""The same fleet and the same clock give the same bytes, whatever a process or a file happens to be like inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.repositories import FLEET, POLICY, Repository, running

PEOPLE, RULES = "governance/people.yaml", "governance/policy.yaml"
ASKED = ("promote", "desk-bot", "--to", "production")
HIGH = (
    POLICY.replace("version: 1", "version: 2")
    + """\
  - id: another
    when: {to: production}
    require: [{approvals: 2, from: [desk, owner]}, {evals: passed}, {soak: P9D}]
"""
)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    repo = running(tmp_path)
    repo.commit("more is asked", files={RULES: HIGH})
    repo.agree("carla", now="2026-11-18T10:00:00Z")
    for person in ("dina", "carla"):
        repo.approve("desk-bot", person, now="2026-11-19T09:00:00Z")
    return repo


@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_every_hash_seed_gives_the_same_report(repo: Repository, format: str) -> None:  # noqa: A002
    outputs = {repo.fleet(*ASKED, "-o", format, env={"PYTHONHASHSEED": seed}).out for seed in "1234"}

    assert len(outputs) == 1
    assert "desk-bot" in outputs.pop()


def test_the_order_of_keys_and_people_does_not_matter(repo: Repository) -> None:
    before = repo.fleet(*ASKED, "--json").data["promotions"]
    head, rules = HIGH.split("rules:\n")
    lines = FLEET[PEOPLE].splitlines(keepends=True)
    people = [line for line in lines if line.startswith("  ") and "desk:" not in line]
    other_lines = [line for line in lines if line not in people and line != "people:\n"]

    repo.commit(
        "the same in another order",
        files={
            RULES: "rules:\n" + rules + "".join(reversed(head.splitlines(keepends=True))),
            PEOPLE: "".join([*other_lines, "people:\n", *reversed(people)]),
        },
    )
    repo.agree("carla")

    assert repo.fleet(*ASKED, "--json").data["promotions"] == before
