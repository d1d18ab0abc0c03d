"""``fleet rollback`` in real repositories, by several people."""

from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path

import pytest

from tests.end_to_end.emergencies import (
    FIRST,
    PEOPLE,
    POLICY,
    PROMPT,
    RUNS,
    SECOND,
    STRICT,
    THIRD,
    folder,
    ledger,
    promoted,
    promoted_twice,
    requirement_status,
    rollback,
    succeeded,
)
from tests.end_to_end.repositories import DESK, FLEET, NOW, Repository, repository

PROMOTE = ("promote", "desk-bot", "--to", "production")


@pytest.fixture
def desk(tmp_path: Path) -> Repository:
    return promoted_twice(tmp_path)


def approved(repo: Repository, who: str = "bob", *flags: str, now: str = "2026-11-20T11:00:00Z") -> None:
    repo.approve("desk-bot", who, "--rollback", *flags, now=now)


def test_a_rollback_restores_the_earlier_release_byte_for_byte(desk: Repository) -> None:
    first = ledger(desk)[0]["agents"][0]

    waiting = rollback(desk)
    assert (waiting.code, waiting.data["verdict"]) == (1, "pending")
    assert waiting.data["release"] == first["release"]
    assert requirement_status(waiting)["rollback"] == ("met", "left on 2026-11-12T09:00:00Z, 8d 3h ago")

    approved(desk)
    ran = succeeded(rollback(desk, "--apply"))

    assert desk.state == (ran.data["written"], "")
    assert folder(desk)["prompts/system.md"].decode() == FIRST
    entry = ledger(desk)[-1]
    assert (entry["kind"], entry["reason"]) == ("rollback", "it lies about orders")
    assert entry["agents"][0]["to"] == first["to"]
    assert (entry["agents"][0]["generation"], entry["approvals"][0]["approver"]) == (3, "bob")
    assert desk.git("log", "-1", "--format=%s") == "roll back desk-bot in production"
    assert desk.fleet("validate").code == 0
    assert "rollback production 3" in desk.fleet("log", "desk-bot").out
    assert desk.fleet("diff", "--env", "staging..production", "--exit-code").code == 1


def test_a_release_left_by_a_rollback_needs_a_new_approval(desk: Repository) -> None:
    approved(desk)
    succeeded(rollback(desk, "--apply"))
    later = "2026-11-21T09:00:00Z"

    waiting = desk.fleet(*PROMOTE, "--json", now=later)
    assert (waiting.code, waiting.data["verdict"]) == (1, "pending")
    [need] = [
        requirement
        for requirement in waiting.data["promotions"][0]["requirements"]
        if requirement["status"] == "missing"
    ]
    assert need["kind"] == "held"
    assert need["could"] == ["carla", "dina"]
    assert "rolled back by entry 3 on 2026-11-20T12:00:00Z, because: it lies about orders" in need["detail"]
    lines = desk.fleet(*PROMOTE, now=later).out.splitlines()
    assert lines[-1] == "fleet why desk-bot --to production --as carla"

    desk.approve("desk-bot", "carla", now=later)
    ran = promoted(desk, "2026-11-21T10:00:00Z")

    assert folder(desk)["prompts/system.md"].decode() == SECOND
    assert ledger(desk)[-1]["approvals"][0]["approver"] == "carla"
    assert requirement_status(ran)["held"][0] == "met"


@pytest.mark.parametrize("later_files", [{}, {PROMPT: THIRD}])
def test_authors_of_a_release_left_by_a_rollback_cannot_approve_it_again(
    desk: Repository, later_files: dict[str, str]
) -> None:
    """What ran between is written anew by nobody; its authors are those of the next promotion all the same."""
    desk.commit("third", identity="dina", at="2026-11-13T09:00:00+00:00", files={PROMPT: "by dina\n"})
    promoted(desk, "2026-11-14T09:00:00Z")
    approved(desk)
    succeeded(rollback(desk, "--apply"))
    if later_files:
        desk.commit("fourth", identity="bob", at="2026-11-20T13:00:00+00:00", files=later_files)
    easier = STRICT.replace(", {evals: passed}, {soak: PT24H}", "").replace("version: 1", "version: 2")
    desk.write({"governance/policy.yaml": easier})
    desk.commit("asks an owner", identity="farid", at="2026-11-20T13:00:00+00:00")
    desk.agree("carla", now="2026-11-20T14:00:00Z")
    desk.approve("desk-bot", "dina", now="2026-11-21T08:00:00Z")

    ran = desk.fleet(*PROMOTE, "--json", now="2026-11-21T09:00:00Z")

    assert requirement_status(ran)["approvals"][0] == "missing"
    reasons = {item["approver"]: item["reason"] for item in ran.data["promotions"][0]["notCounted"]}
    assert "author of the change" in reasons["dina"]


def test_another_release_is_not_held(desk: Repository) -> None:
    approved(desk)
    succeeded(rollback(desk, "--apply"))
    desk.commit("third", at="2026-11-20T13:00:00+00:00", files={PROMPT: THIRD})

    ran = promoted(desk, "2026-11-21T09:00:00Z")

    assert "held" not in requirement_status(ran)


def test_a_policy_without_rollback_refuses_it(tmp_path: Path) -> None:
    lines = POLICY.splitlines(keepends=True)
    repo = promoted_twice(tmp_path, "".join(line for line in lines if not line.startswith("rollback")))

    ran = rollback(repo)

    assert ran.code == 2
    assert "policy.yaml has no 'rollback'" in ran.err
    block = "rollback: {within: P30D, require: [{approvals: 1, from: owner}]}"
    assert f"try: add to governance/policy.yaml: {block}; then fleet approve --governance" in ran.err


@pytest.mark.parametrize(
    ("now", "verdict"), [("2026-12-12T08:59:59Z", "pending"), ("2026-12-12T09:00:00Z", "blocked")]
)
def test_the_rollback_window_ends_at_its_instant(desk: Repository, now: str, verdict: str) -> None:
    assert rollback(desk, now=now).data["verdict"] == verdict


def test_a_release_is_found_by_twelve_digits_and_an_unknown_one_gets_choices(desk: Repository) -> None:
    first, second = (entry["agents"][0]["release"] for entry in ledger(desk))

    assert rollback(desk, "--to", first).data["release"] == first
    assert rollback(desk, "--to", first[7:19]).data["release"] == first
    for unknown in ("0" * 12, first[7:18], "", "HEAD", first.upper()):
        ran = rollback(desk, f"--to={unknown}") if unknown else rollback(desk, "--to", "x")
        assert ran.code == 2
        assert f"--to one of: {first[7:19]} (2026-11-10 to 2026-11-12)" in ran.err
    runs = rollback(desk, "--to", second)
    assert runs.code == 2
    assert f"runs {second[7:19]} now" in runs.err


def test_a_second_rollback_does_not_go_forward_again(desk: Repository) -> None:
    approved(desk)
    succeeded(rollback(desk, "--apply"))

    ran = rollback(desk, now="2026-11-21T09:00:00Z")

    assert ran.code == 2
    assert "every earlier release of 'desk-bot' in production is held by a rollback" in ran.err
    second = ledger(desk)[1]["agents"][0]["release"]
    explicit = rollback(desk, "--to", second, now="2026-11-21T09:00:00Z")
    assert requirement_status(explicit)["held"][0] == "missing"


def overridden(repo: Repository, text: str, now: str) -> None:
    repo.commit("a proposal", at=now, files={"proposals/production/desk-bot/overrides.yaml": text})
    promoted(repo, now)


LESS = "spec: {budgets: [{window: day, currency: EUR, alertAt: 4, haltAt: 6}]}\n"
MORE = LESS.replace("6}", "9}")


def test_overrides_stay_unless_with_overrides_is_given(desk: Repository) -> None:
    overridden(desk, LESS, "2026-11-13T09:00:00Z")
    desk.commit("third", files={PROMPT: THIRD}, at="2026-11-13T10:00:00+00:00")
    overridden(desk, MORE, "2026-11-14T09:00:00Z")

    stays, goes = rollback(desk), rollback(desk, "--with-overrides")
    assert stays.data["release"] == goes.data["release"] == ledger(desk)[2]["agents"][0]["release"]
    assert goes.data["promotions"][0]["toState"] == ledger(desk)[2]["agents"][0]["to"]
    assert stays.data["promotions"][0]["toState"] != goes.data["promotions"][0]["toState"]

    approved(desk, "bob")
    assert rollback(desk, "--with-overrides", "--apply").code == 1
    assert succeeded(rollback(desk, "--apply")).data["applied"]
    assert folder(desk)["overrides.yaml"].decode() == MORE
    assert folder(desk)["prompts/system.md"].decode() == SECOND


def test_with_overrides_restores_the_overrides_of_that_time(desk: Repository) -> None:
    overridden(desk, LESS, "2026-11-13T09:00:00Z")
    desk.commit("third", files={PROMPT: THIRD}, at="2026-11-13T10:00:00+00:00")
    overridden(desk, MORE, "2026-11-14T09:00:00Z")
    proposal = {"proposals/production/desk-bot/overrides.yaml": MORE}
    desk.commit("still wanted", files=proposal)

    approved(desk, "bob", "--with-overrides")
    succeeded(rollback(desk, "--with-overrides", "--apply"))

    assert folder(desk)["overrides.yaml"].decode() == LESS
    assert (desk.root / next(iter(proposal))).read_text() == MORE


def test_veto_and_freeze_block_a_rollback(tmp_path: Path) -> None:
    freeze = 'freezes: [{id: fair, from: "2026-11-20T00:00", to: "2026-11-21T00:00", zone: UTC}]\n'
    repo = promoted_twice(tmp_path, POLICY + freeze)
    approved(repo)
    repo.approve("desk-bot", "farid", "--rollback", "--reject", now="2026-11-20T11:30:00Z")

    requirements = requirement_status(rollback(repo))

    assert (requirements["veto"][0], requirements["freeze"][0]) == ("refused", "refused")
    assert rollback(repo, "--apply").code == 1


def test_a_release_that_is_invalid_today_is_blocked(desk: Repository) -> None:
    config = (desk.root / "fleet-config.yaml").read_text().replace("[spec.budgets]", "[spec.endpoints]")
    overridden(desk, LESS, "2026-11-13T09:00:00Z")
    desk.commit("third", files={PROMPT: THIRD}, at="2026-11-13T10:00:00+00:00")
    overridden(desk, "{}\n", "2026-11-14T09:00:00Z")
    desk.commit("narrower", files={"fleet-config.yaml": config})
    desk.agree("carla", now="2026-11-17T09:00:00Z")
    approved(desk, "bob", "--with-overrides")

    ran = rollback(desk, "--with-overrides")

    assert ran.data["verdict"] == "blocked"
    assert "override-not-allowed" in requirement_status(ran)["validation"][1]


def test_a_rollback_without_the_promotion_commit_in_history_is_refused(desk: Repository) -> None:
    squashed = desk.git("commit-tree", "HEAD^{tree}", "-m", "squashed")
    desk.git("reset", "-q", "--hard", squashed)

    ran = rollback(desk)

    assert ran.code == 2
    assert "is not in this history" in ran.err


def test_a_promotion_commit_that_differs_from_the_ledger_is_refused(desk: Repository) -> None:
    text = (desk.root / "ledger/production.jsonl").read_text().splitlines()
    top = desk.git("rev-parse", "HEAD")
    adopted = desk.git("rev-list", "-1", "HEAD", "--", RUNS)
    root = desk.git("rev-list", "--max-parents=0", "HEAD")
    desk.git("switch", "-q", "--detach", root)
    forged = desk.commit(
        "adopted, and changed",
        files={"ledger/production.jsonl": text[0] + "\n", f"{RUNS}/prompts/system.md": "You lie.\n"},
    )
    merge = desk.git("commit-tree", f"{top}^{{tree}}", "-p", forged, "-m", "laundered")
    desk.git("switch", "-q", "main")
    desk.git("reset", "-q", "--hard", merge)

    ran = rollback(desk)

    assert adopted
    assert ran.code == 2
    assert "entry 1 of production: the entry says that desk-bot becomes" in ran.err


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "a\x1b[31mred", "hid\u202eden", "x" * 501])
def test_a_reason_is_one_visible_line(desk: Repository, reason: str) -> None:
    ran = rollback(desk, "--reason", reason)

    assert ran.code == 2
    assert ran.err.startswith("fleet: ")


def test_without_apply_no_combination_of_options_writes(desk: Repository) -> None:
    approved(desk)
    before = desk.state
    release = ledger(desk)[0]["agents"][0]["release"]
    flags = [("--to", release), ("--with-overrides",), ("-v",), ("--push", "origin"), ("--now", NOW)]

    for chosen in chain.from_iterable(combinations(flags, n) for n in range(len(flags) + 1)):
        rollback(desk, *chain.from_iterable(chosen))
        assert desk.state == before, chosen


def test_an_agent_that_does_not_run_cannot_be_rolled_back(desk: Repository) -> None:
    ran = desk.fleet("rollback", "help-bot", "--env", "production", "--reason", "x")

    assert ran.code == 2
    assert "'help-bot' does not run in production" in ran.err


def test_approvals_of_a_rollback_count_for_nothing_else(tmp_path: Path) -> None:
    repo = promoted_twice(tmp_path, STRICT)
    repo.commit("third", files={PROMPT: THIRD})
    approved(repo, "bob")

    ran = repo.fleet(*PROMOTE, "--json")

    assert requirement_status(ran)["approvals"][0] == "missing"
    assert [item["approver"] for item in ran.data["promotions"][0]["notCounted"]] == ["bob"]


def test_a_release_rolled_back_to_in_a_stage_keeps_its_authors(tmp_path: Path) -> None:
    """It never ran in production, so nobody has approved it there; and it is older than what does run there."""
    policy = STRICT.replace("{to: production}", "{to: [qa, production]}").replace(
        ", {evals: passed}, {soak: PT24H}", ""
    )
    config = FLEET["fleet-config.yaml"].replace(
        "  - name: production\n    from: staging",
        "  - {name: qa, from: staging}\n  - name: production\n    from: qa",
    )
    people = PEOPLE.replace("members: [carla, dina]", "members: [bob, carla, dina]")
    files = {"fleet-config.yaml": config, "governance/policy.yaml": policy, "governance/people.yaml": people}
    start = {**FLEET, **files, PROMPT: FIRST}
    copies = {
        p.replace("staging", to): t for to in ("qa", "production") for p, t in start.items() if DESK in p
    }
    repo = repository(tmp_path, {**start, **copies}, committed=False)
    repo.commit("start", at="2026-11-09T09:00:00+00:00")
    both = ("--to", "qa", "--to", "production")
    succeeded(repo.fleet("adopt", *both, "--apply", now="2026-11-10T09:00:00Z"))

    def step(verb: str, where: str, to: str, approver: str, day: int, *flags: str) -> None:
        rollback = ("--rollback",) if verb == "rollback" else ()
        now = f"2026-11-{day}T09:00:00Z"
        succeeded(repo.fleet("approve", "desk-bot", "--to", to, *rollback, identity=approver, now=now))
        repo.commit("decided", identity=approver, at=now)
        succeeded(repo.fleet(verb, "desk-bot", where, to, "--apply", *flags, identity="ci", now=now))

    repo.commit("second", identity="dina", at="2026-11-11T08:00:00+00:00", files={PROMPT: SECOND})
    step("promote", "--to", "qa", "carla", 11)
    repo.commit("third", identity="carla", at="2026-11-12T08:00:00+00:00", files={PROMPT: THIRD})
    step("promote", "--to", "qa", "dina", 12)
    step("promote", "--to", "production", "bob", 13)
    step("rollback", "--env", "qa", "bob", 14, "--reason", "it lies")
    repo.approve("desk-bot", "dina", now="2026-11-15T09:00:00Z")  # who is one of them

    ran = repo.fleet(*PROMOTE, "--json", now="2026-11-15T10:00:00Z")

    assert ran.data["promotions"][0]["kind"] == "update"
    assert requirement_status(ran)["approvals"][0] == "missing"
    reasons = {item["approver"]: item["reason"] for item in ran.data["promotions"][0]["notCounted"]}
    assert "author of the change" in reasons["dina"]
