"""``fleet retire``: plan, write, promotion and check."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end import repositories
from tests.end_to_end.golden import golden
from tests.end_to_end.repositories import APPLY, DESK, EXAMPLE, FLEET, MANIFEST, Repository
from tests.schemas.reading import schema

PRODUCTION = DESK.replace("staging", "production")
FRONT = DESK.replace("desk", "front")
NEEDS = "  dependsOn: [{agent: desk-bot}] # asks it\n"
HEAD = "date,agent,metric,value\n"
OWN = (
    MANIFEST.replace(
        "  retirement: {criteria: [{metric: runs-per-month, below: 50, for: P90D}]}\n",
        """\
  retirement:
    criteria: [{metric: runs-per-month, below: 50, for: P10D}, {date: 2026-10-31}]
    replacedBy: front-bot
    dataDisposition: archive
    credentials: [svc-desk]
""",
    ).replace("lifecycle: production", "lifecycle: production # since May")
    + """\
  tools:
    - {name: crm, kind: api, connector: crm, allow: [order.read], access: read, reversible: true, identity: svc-crm}
  knowledge: [{name: faq, source: "kb:faq", owner: desk}]
  sharedState: [{name: order-queue, access: write, owner: desk-bot}]
  orchestration:
    triggers: [{on: schedule, every: PT1H}]
    limits: {maxTurns: 5}
"""
)
CONNECTORS = """\
apiVersion: fleetward/v1
kind: Connectors
connectors:
  crm: {owner: desk, status: active}
"""
WAIVERS = """\
apiVersion: fleetward/v1
kind: Waivers
waivers:
  - {rule: review-overdue, agent: desk-bot, reason: it goes, approvedBy: carla, expires: 2026-12-31}
"""

RETIRED_OWN = OWN.replace("lifecycle: production", "lifecycle: retired").replace(
    "  retirement:\n", "  retirement:\n    retiredAt: 2026-11-20\n"
)


def town(folder: Path, *, needs: str = NEEDS, front_staging: str | None = None) -> Repository:
    """desk-bot in staging and production, and front-bot, which calls it."""
    desk = {path: text for path, text in FLEET.items() if path.startswith(DESK)}
    front = {path.replace("desk-bot", "front-bot"): text for path, text in desk.items()}
    texts = {
        **desk,
        **front,
        f"{DESK}/agent.yaml": OWN,
        f"{FRONT}/agent.yaml": MANIFEST.replace("desk-bot", "front-bot") + needs,
    }
    stands = {path.replace("staging", "production"): text for path, text in texts.items()}
    governance = {"governance/connectors.yaml": CONNECTORS, "governance/waivers.yaml": WAIVERS}
    repo = repositories.repository(folder, {**FLEET, **texts, **stands, **governance})
    assert repo.fleet("adopt", "--to", "production", "--apply", now="2026-11-17T09:00:00Z").code == 0
    return repo


def without(repo: Repository) -> None:
    """front-bot's next release does without desk-bot."""
    text = MANIFEST.replace("desk-bot", "front-bot")
    repo.commit("front-bot does without", files={f"{FRONT}/agent.yaml": text}, at="2026-11-18T09:00:00+00:00")


def measured(repo: Repository, days: int, value: float = 10, metric: str = "runs-per-month") -> str:
    """A file beside the fleet with a figure for each of the last days."""
    last = date(2026, 11, 19)
    rows = [f"{last - timedelta(days=back)},desk-bot,{metric},{value}\n" for back in range(days)]
    (repo.home / "figures.csv").write_text(HEAD + "".join(rows))
    return str(repo.home / "figures.csv")


def test_the_plan_lists_blockers_and_leftovers(tmp_path: Path) -> None:
    repo = town(tmp_path)
    proposal = "proposals/production/desk-bot/overrides.yaml"
    repo.commit(
        "less", files={proposal: "spec: {budgets: [{window: day, currency: EUR, alertAt: 1, haltAt: 2}]}\n"}
    )
    before = repo.state

    ran = repo.fleet("retire", "desk-bot")

    assert ran.code == 1
    golden("retire.txt", ran.out)
    assert repo.state == before


def test_a_blocked_plan_writes_nothing(tmp_path: Path) -> None:
    repo = town(tmp_path)

    ran = repo.fleet("retire", "desk-bot", "--write", "--json")

    Draft202012Validator(schema("output/retire-output")).validate(ran.data)
    assert (ran.code, ran.data["blocked"], ran.data["written"]) == (1, True, False)
    assert repo.state[1] == ""


def test_agent_and_former_caller_are_promoted_together(tmp_path: Path) -> None:
    repo = town(tmp_path)
    without(repo)

    wrote = repo.fleet("retire", "desk-bot", "--write")
    text = (repo.root / DESK / "agent.yaml").read_text()
    repo.commit("desk-bot goes", at="2026-11-20T08:00:00+00:00")
    for name in ("desk-bot", "front-bot"):
        repo.approve(name, "dina", now="2026-11-20T09:00:00Z")
    ran = repo.fleet("promote", "desk-bot", "front-bot", "--to", "production", "--apply")

    assert wrote.code == 0, wrote.out
    assert text == RETIRED_OWN
    assert wrote.out.splitlines()[-1].endswith(" && fleet promote desk-bot front-bot --to production")
    assert ran.code == 0, ran.out
    assert not (repo.root / PRODUCTION).exists()
    assert repo.fleet("validate").code == 0


def test_plan_and_promotion_are_blocked_alike(tmp_path: Path) -> None:
    repo = town(tmp_path)
    retired = OWN.replace("lifecycle: production", "lifecycle: retired")
    repo.commit("desk-bot goes, by hand", files={f"{DESK}/agent.yaml": retired})

    plan, gate = repo.fleet("retire", "desk-bot"), repo.fleet("promote", "desk-bot", "--to", "production")

    assert (plan.code, gate.code) == (1, 1)
    assert "BLOCKED desk-bot" in plan.out
    assert "BLOCKED desk-bot (retire" in gate.out


@pytest.mark.parametrize(
    "needs",
    [
        "  dependsOn: [{agent: desk-bot, optional: true}]\n",
        "  orchestration:\n    triggers: [{on: completion, of: desk-bot}]\n    limits: {maxDepth: 1}\n",
    ],
)
def test_an_optional_dependent_is_listed_and_does_not_block(tmp_path: Path, needs: str) -> None:
    repo = town(tmp_path, needs=needs)

    ran = repo.fleet("retire", "desk-bot", "--json")

    assert ran.code == 0
    assert [(dependent["agent"], dependent["blocks"]) for dependent in ran.data["dependents"]] == [
        ("front-bot", False)
    ] * 2


def test_a_dependent_that_names_the_replacement_still_blocks_if_it_requires_the_old_agent(
    tmp_path: Path,
) -> None:
    repo = town(tmp_path)
    manifest = (repo.root / FRONT / "agent.yaml").read_text()
    calling_two = manifest.replace("[{agent: desk-bot}]", "[{agent: desk-bot}, {agent: third-bot}]")
    retirement = OWN.replace("replacedBy: front-bot", "replacedBy: third-bot")
    third = {path.replace("desk-bot", "third-bot"): text.replace("desk-bot", "third-bot")
             for path, text in FLEET.items() if path.startswith(DESK)}  # fmt: skip
    repo.commit(
        "a third", files={**third, f"{FRONT}/agent.yaml": calling_two, f"{DESK}/agent.yaml": retirement}
    )

    ran = repo.fleet("retire", "desk-bot")

    assert ran.code == 1
    assert "names the replacement, and still requires it" in ran.out


def test_each_step_of_a_retirement_names_the_next_one(running: Repository) -> None:
    def last(ran: object) -> str:
        return ran.out.splitlines()[-1]  # type: ignore[attr-defined]

    plan = running.fleet("retire", "desk-bot")
    running.fleet("retire", "desk-bot", "--write")
    running.commit("desk-bot goes", at="2026-11-20T08:00:00+00:00")
    staged = running.fleet("retire", "desk-bot")
    running.approve("desk-bot", "dina", now="2026-11-20T09:00:00Z")
    assert running.fleet(*APPLY).code == 0
    before = running.state
    retired = running.fleet("retire", "desk-bot", "--write")

    assert last(plan) == "fleet retire desk-bot --write"
    assert last(staged) == "fleet promote desk-bot --to production"
    assert (retired.code, last(retired)) == (0, "fleet validate")
    assert running.state == before


def test_an_agent_removed_from_staging_is_retired_by_promotion(running: Repository) -> None:
    running.git("rm", "-rq", DESK)
    running.commit("desk-bot goes, by hand", at="2026-11-20T08:00:00+00:00")

    ran = running.fleet("retire", "desk-bot", "--write", "--json")

    assert ran.code == 0
    assert ran.data["files"] == []
    assert ran.data["next"] == "fleet promote desk-bot --to production"


def test_the_check_exits_1_if_a_criterion_is_met_and_names_missing_figures(tmp_path: Path) -> None:
    repo = town(tmp_path)
    early = {"now": "2026-10-31T23:59:59Z"}
    full = measured(repo, 30)

    met = repo.fleet("retire", "--check", "--metrics", full)
    (repo.home / "figures.csv").write_text(
        HEAD + "2026-10-24,desk-bot,runs-per-month,10\n2026-10-25,dsk-bot,x,1\n"
    )
    gaps = repo.fleet("retire", "--check", "--metrics", full, **early)
    above = repo.fleet(
        "retire", "desk-bot", "--check", "--metrics", measured(repo, 60, 80), now="2026-10-31T12:00:00Z"
    )

    assert (met.code, gaps.code, above.code) == (1, 0, 2)
    golden("retire-check.txt", met.out)
    assert "no figure on 9 of 10 days: 2026-10-21 to 2026-10-23, 2026-10-25 to 2026-10-30" in gaps.out
    assert "line 3: no agent 'dsk-bot'" in gaps.out
    assert "is still to come" in above.err


def test_the_check_without_figures_uses_dates_only(tmp_path: Path) -> None:
    repo = town(tmp_path)

    on_the_day = repo.fleet("retire", "--check", "desk-bot", "--json", now="2026-10-31T23:59:59Z")
    after = repo.fleet("retire", "--check", "desk-bot", "--json", now="2026-11-01T00:00:00Z")

    Draft202012Validator(schema("output/retire-check-output")).validate(after.data)
    assert (on_the_day.code, on_the_day.data["due"]) == (0, [])
    assert (after.code, after.data["due"]) == (1, ["desk-bot"])


def test_a_check_without_criteria_is_an_error(tmp_path: Path) -> None:
    drop = MANIFEST[: MANIFEST.index("  retirement:")].replace("lifecycle: production", "lifecycle: retired")
    repo = repositories.repository(tmp_path, {**FLEET, f"{DESK}/agent.yaml": drop})

    ran = repo.fleet("retire", "--check")

    assert ran.code == 2
    assert "no criteria to check" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("retire",), "which agent?"),
        (("retire", "desk-bto"), "did you mean 'desk-bot'?"),
        (("retire", "desk-bot", "--check", "--write"), "exclude each other"),
        (("retire", "desk-bot", "--metrics", "none.csv"), "cannot read 'none.csv'"),
    ],
)
def test_invalid_arguments_of_retire_are_refused(
    running: Repository, arguments: tuple[str, ...], message: str
) -> None:
    ran = running.fleet(*arguments)

    assert ran.code == 2
    assert message in ran.err


def test_an_invalid_manifest_is_not_edited(running: Repository) -> None:
    running.write({f"{DESK}/agent.yaml": "spec: [\n"})

    ran = running.fleet("retire", "desk-bot", "--write")

    assert ran.code == 2
    assert f"{DESK}/agent.yaml cannot be read" in ran.err


BENT = {
    "not YAML any more": (NEEDS + "  purpose: [\n").encode(),
    "an unknown key": (NEEDS + "  whatFor: nothing\n").encode(),
    "another encoding": NEEDS.encode("utf-16"),
    "too large to be read": NEEDS.encode() + b"# " + b"x" * 1_100_000,
}


@pytest.mark.parametrize("bent", BENT.values(), ids=BENT.keys())
@pytest.mark.parametrize("environment", ["staging", "production"])
def test_an_unreadable_possible_dependent_blocks_the_retirement(
    tmp_path: Path, bent: bytes, environment: str
) -> None:
    repo = town(tmp_path, needs="")
    file = f"environments/{environment}/front-bot/agent.yaml"
    manifest = MANIFEST.replace("desk-bot", "front-bot").encode()
    repo.commit("bent", files={file: manifest + bent})
    before = repo.state

    ran = repo.fleet("retire", "desk-bot", "--write")

    assert (ran.code, ran.out) == (2, "")
    assert f"{file}:" in ran.err
    assert "so nobody can say whether 'front-bot' needs 'desk-bot'" in ran.err
    assert f"try: fleet validate {file}" in ran.err
    assert repo.state == before


@pytest.mark.parametrize("bent", BENT.values(), ids=BENT.keys())
def test_an_unreadable_possible_dependent_blocks_the_promotion_of_a_retirement(
    tmp_path: Path, bent: bytes
) -> None:
    repo = town(tmp_path, needs="")
    retired = RETIRED_OWN
    file = f"{FRONT.replace('staging', 'production')}/agent.yaml"
    manifest = MANIFEST.replace("desk-bot", "front-bot").encode()
    repo.commit("desk-bot goes", files={f"{DESK}/agent.yaml": retired})
    repo.approve("desk-bot", "dina", now="2026-11-20T09:00:00Z")
    free = repo.fleet("promote", "desk-bot", "--to", "production")
    repo.commit("bent", files={file: manifest + bent})

    ran = repo.fleet("promote", "desk-bot", "--to", "production")

    assert free.code == 0, free.out
    assert ran.code == 1, ran.err
    assert "BLOCKED desk-bot (retire" in ran.out
    assert f"{file}:" in ran.out
    assert "so nobody can say whether 'front-bot' needs 'desk-bot'" in ran.out


def test_a_blocked_plan_names_the_edit_that_unblocks_it(tmp_path: Path) -> None:
    repo = town(tmp_path)

    ran = repo.fleet("retire", "desk-bot")

    file = f"{FRONT}/agent.yaml"
    assert f"{file}:33: remove spec.dependsOn[desk-bot], or write optional: true\n" in ran.out
    assert ran.out.splitlines()[-1] == f"git grep -n -e desk-bot -- {file}"
    assert "dependsOn: [{agent: desk-bot}]" in repo.git(*ran.out.splitlines()[-1].split()[1:])


def test_a_blocked_plan_suggests_the_replacement_to_other_agents(tmp_path: Path) -> None:
    repo = town(tmp_path)
    text = OWN.replace("replacedBy: front-bot", "replacedBy: new-desk")
    repo.commit("another heir", files={f"{DESK}/agent.yaml": text})

    ran = repo.fleet("retire", "desk-bot")

    assert "remove spec.dependsOn[desk-bot], call new-desk instead, or write optional: true" in ran.out


def test_a_dependent_without_a_staging_release_is_retired_first(tmp_path: Path) -> None:
    repo = town(tmp_path)
    repo.git("rm", "-rq", FRONT)
    repo.commit("front-bot is gone from staging")

    ran = repo.fleet("retire", "desk-bot")

    assert ran.code == 1
    assert ran.out.splitlines()[-1] == "fleet retire front-bot"


@pytest.mark.parametrize("name", ["call-notes", "depot-handbook", "driver-brief"])
def test_agents_of_the_example_without_dependents_can_be_retired(tmp_path: Path, name: str) -> None:
    repo = repositories.repository(tmp_path, EXAMPLE)

    ran = repo.fleet("retire", name, "--write", "--json")

    assert ran.code == 0, ran.out
    moved = repo.git("diff", "-U0", "--", "environments").splitlines()
    assert [line[1:].split("#")[0].split(",")[0].strip() for line in moved if line.startswith("+ ")] == [
        "lifecycle: retired",
        "retiredAt: 2026-11-20",
    ]
    assert json.loads(ran.out)["files"] == [f"environments/staging/{name}/agent.yaml"]
