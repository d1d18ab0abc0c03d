"""Break-glass promotions: what is skipped, what still blocks, and the review that is required afterwards."""

from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path

import pytest

from tests.end_to_end.emergencies import (
    POLICY,
    PROMPT,
    STRICT,
    THIRD,
    checked_by_schema,
    folder,
    ledger,
    promoted_twice,
    requirement_status,
    succeeded,
)
from tests.end_to_end.repositories import DESK, NOW, CommandResult, Repository, built

FREEZE = 'freezes: [{id: fair, from: "2026-11-20T00:00", to: "2026-11-21T00:00", zone: UTC}]\n'
INCIDENT = ("--incident", "INC-2041", "--reason", "customers are told lies")
LATER = "2026-11-23T12:00:00Z"


@pytest.fixture
def desk(tmp_path: Path) -> Repository:
    """A third release, an hour old and never evaluated, during a freeze."""
    return built(tmp_path, "a third release in a freeze", _desk)


def _desk(folder: Path) -> Repository:
    repo = promoted_twice(folder, STRICT + FREEZE)
    repo.commit("third", identity="dina", at="2026-11-20T11:00:00+00:00", files={PROMPT: THIRD})
    return repo


def promote(repo: Repository, *flags: str, now: str = NOW, who: str = "ci") -> CommandResult:
    return repo.fleet("promote", "desk-bot", "--to", "production", "--json", *flags, identity=who, now=now)


def promote_by_break_glass(repo: Repository, *flags: str, now: str = NOW, who: str = "ci") -> CommandResult:
    return promote(repo, "--break-glass", *INCIDENT, *flags, now=now, who=who)


def approved(repo: Repository, *names: str, now: str = "2026-11-20T11:30:00Z") -> None:
    for name in names:
        repo.approve("desk-bot", name, now=now)


@pytest.fixture
def after(tmp_path: Path) -> Repository:
    """It went out at noon of the 20th, approved by bob and erin, applied by the robot that farid operates."""
    return built(tmp_path, "after a broken glass", _after)


def _after(folder: Path) -> Repository:
    repo = _desk(folder)
    approved(repo, "bob", "erin")
    succeeded(promote_by_break_glass(repo, "--apply"))
    return repo


def review(repo: Repository, who: str, seq: int = 3, now: str = "2026-11-20T15:00:00Z") -> CommandResult:
    ran = repo.fleet(
        *(
            "approve",
            "desk-bot",
            "--to",
            "production",
            "--review",
            str(seq),
            "--note",
            "rightly so",
            "--json",
        ),
        identity=who,
        now=now,
    )
    if ran.code == 0:
        repo.commit(f"review of {who}", identity=who, at=now)
    return checked_by_schema("approve", ran) if ran.code < 2 else ran


def test_a_break_glass_promotion_records_every_skipped_requirement(desk: Repository) -> None:
    assert promote(desk).data["verdict"] == "blocked"
    waiting = promote_by_break_glass(desk)
    assert (waiting.code, waiting.data["verdict"]) == (1, "pending")
    assert requirement_status(waiting)["approvals"][0] == "missing"

    approved(desk, "bob", "erin")
    ran = checked_by_schema("promote", succeeded(promote_by_break_glass(desk, "--apply")))

    assert folder(desk)["prompts/system.md"].decode() == THIRD
    [promotion] = ran.data["promotions"]
    assert promotion["way"] == "break-glass"
    assert [(need["kind"], need["status"]) for need in promotion["skipped"]] == [
        ("evals", "missing"),
        ("soak", "missing"),
        ("freeze", "refused"),
        ("approvals", "missing"),
    ]
    assert ran.data["breakGlass"] == {
        "incident": "INC-2041",
        "reason": "customers are told lies",
        "skips": ["evals", "freeze", "soak"],
        "reviewBy": "2026-11-22T12:00:00Z",
        "reviews": [{"agent": "desk-bot", "entry": 3, "could": ["carla"]}],
    }
    entry = ledger(desk)[-1]
    assert list(entry)[-3:] == ["tool", "breakGlass", "skipped"]
    assert [words.partition(":")[0] for words in entry["skipped"]] == ["approvals", "evals", "freeze", "soak"]
    assert entry["breakGlass"] == {
        "incident": "INC-2041",
        "skipped": ["evals", "freeze", "soak"],
        "reviewBy": "2026-11-22T12:00:00Z",
    }
    assert "Fleet-Break-Glass: INC-2041" in desk.git("log", "-1", "--format=%(trailers)").splitlines()
    log = desk.fleet("log", "desk-bot").out
    assert "break-glass for INC-2041: skipped approvals: 1" in log
    assert "review due by 2026-11-22T12:00:00Z" in log
    logged = checked_by_schema("log", desk.fleet("log", "--json"))
    left_out = {"leftOut": entry["skipped"]}
    assert logged.data["entries"][0]["breakGlass"] == entry["breakGlass"] | left_out
    assert desk.fleet("validate").code == 0


def test_earlier_ledger_lines_keep_their_bytes(desk: Repository) -> None:
    file = desk.root / "ledger/production.jsonl"
    before = file.read_bytes()
    approved(desk, "bob", "erin")

    succeeded(promote_by_break_glass(desk, "--apply"))

    assert file.read_bytes().startswith(before)
    assert b"breakGlass" not in before


def test_an_author_does_not_count_for_break_glass_either(desk: Repository) -> None:
    desk.commit("more", identity="bob", files={PROMPT: THIRD + "\n"})
    approved(desk, "bob", "erin")

    ran = promote_by_break_glass(desk)

    assert ran.data["verdict"] == "pending"
    assert "author of the change" in ran.data["promotions"][0]["notCounted"][0]["reason"]


def test_an_approval_counts_as_long_as_the_policy_says(desk: Repository) -> None:
    approved(desk, "bob", "erin", now="2026-11-20T04:00:00Z")

    assert promote_by_break_glass(desk, now="2026-11-20T11:59:59Z").data["verdict"] == "allowed"
    assert promote_by_break_glass(desk, now="2026-11-20T12:00:00Z").data["verdict"] == "pending"


def test_break_glass_skips_neither_validation_nor_vetoes(desk: Repository) -> None:
    manifest = (desk.root / DESK / "agent.yaml").read_text()
    nobody = manifest.replace("owner: {team: desk,", "owner: {team: nobody,")
    desk.commit("whose?", identity="dina", files={f"{DESK}/agent.yaml": nobody})
    approved(desk, "bob", "erin")
    desk.approve("desk-bot", "farid", "--reject", now="2026-11-20T11:45:00Z")

    requirements = requirement_status(promote_by_break_glass(desk))

    assert (requirements["veto"][0], requirements["validation"][0]) == ("refused", "refused")
    assert promote_by_break_glass(desk, "--apply").code == 1


def test_only_what_the_policy_lists_is_skipped(tmp_path: Path) -> None:
    repo = promoted_twice(tmp_path, STRICT.replace("skips: [soak, evals, freeze]", "skips: [soak]") + FREEZE)
    repo.commit("third", identity="dina", at="2026-11-20T11:00:00+00:00", files={PROMPT: THIRD})
    approved(repo, "bob", "erin")

    ran = promote_by_break_glass(repo)

    assert ran.data["verdict"] == "blocked"
    assert (requirement_status(ran)["evals"][0], requirement_status(ran)["freeze"][0]) == (
        "missing",
        "refused",
    )
    assert [need["kind"] for need in ran.data["promotions"][0]["skipped"]] == ["soak", "approvals"]


def test_a_policy_without_break_glass_refuses_it(tmp_path: Path) -> None:
    lines = POLICY.splitlines(keepends=True)
    repo = promoted_twice(tmp_path, "".join(line for line in lines if not line.startswith("breakGlass")))

    ran = promote_by_break_glass(repo)

    assert ran.code == 2
    assert "policy.yaml has no 'breakGlass'" in ran.err


@pytest.mark.parametrize(
    "flags",
    [
        ("--break-glass",),
        ("--break-glass", "--incident", "INC-1"),
        ("--break-glass", "--reason", "now"),
        ("--incident", "INC-1", "--reason", "now"),
        ("--break-glass", "--incident", "INC 1", "--reason", "now"),
        ("--break-glass", "--incident", "INC\n1", "--reason", "now"),
        ("--break-glass", "--incident", "x" * 81, "--reason", "now"),
        ("--break-glass", "--incident", "#1", "--reason", "now"),
        ("--break-glass", "--incident", "INC-1", "--reason", "no\x07w"),
        ("--break-glass", "--incident", "INC-1", "--reason", " "),
    ],
)
def test_incident_and_reason_are_required_and_checked(desk: Repository, flags: tuple[str, ...]) -> None:
    before = desk.state

    ran = promote(desk, "--apply", *flags)

    assert ran.code == 2
    assert desk.state == before


def test_a_required_review_is_shown_and_blocks_promotions_once_overdue(
    after: Repository,
) -> None:
    after.commit("fourth", identity="dina", files={PROMPT: "fourth\n"})

    early = requirement_status(promote(after, now="2026-11-22T11:59:59Z"))["review"]
    late = promote(after, now="2026-11-22T12:00:00Z")

    assert early == (
        "met",
        "not due yet, carla could give it: fleet approve desk-bot --to production --review 3",
    )
    assert requirement_status(late)["review"] == (
        "missing",
        "overdue, carla could give it: fleet approve desk-bot --to production --review 3",
    )
    [need] = [
        requirement
        for requirement in late.data["promotions"][0]["requirements"]
        if requirement["kind"] == "review"
    ]
    assert need["could"] == ["carla"]
    assert need["asked"] == "of entry 3 (INC-2041) by 2026-11-22T12:00:00Z"


def test_a_review_completes_the_requirement(after: Repository) -> None:
    ran = succeeded(review(after, "carla"))
    after.commit("fourth", identity="dina", files={PROMPT: "fourth\n"})

    assert (ran.data["decision"], ran.data["review"], ran.data["verdictWithIt"]) == ("review", 3, "allowed")
    assert ran.data["expires"] is None
    assert "review" not in requirement_status(promote(after, now=LATER))
    listed = checked_by_schema(
        "approvals", after.fleet("approvals", "desk-bot", "--to", "production", "--json")
    ).data
    assert listed["approvals"][-1]["decision"] == "review"


def test_the_log_names_the_reviewer(after: Repository) -> None:
    before = after.fleet("log", "desk-bot", now=LATER)
    file = succeeded(review(after, "carla")).data["file"]
    log = after.fleet("log", "desk-bot", now=LATER)
    newest, *older = checked_by_schema("log", after.fleet("log", "--json", now=LATER)).data["entries"]

    assert "reviewed" not in before.out
    assert f"  reviewed desk-bot by carla, 2026-11-20T15:00:00Z: {file}" in log.out.splitlines()
    assert newest["reviews"] == [
        {"agent": "desk-bot", "approver": "carla", "at": "2026-11-20T15:00:00Z", "file": file}
    ]
    assert [entry["reviews"] for entry in older] == [[], []]


def test_the_log_omits_a_review_that_does_not_count(after: Repository) -> None:
    file = succeeded(review(after, "carla")).data["file"]
    earlier = (after.root / file).read_text().replace("2026-11-20T15", "2026-11-19T15")
    after.commit("dated back", identity="carla", files={file: earlier})

    assert after.fleet("log", "--json", now=LATER).data["entries"][0]["reviews"] == []


@pytest.mark.parametrize(
    ("who", "why"),
    [("bob", "approved entry 3"), ("dina", "author of the change"), ("farid", "applied entry 3")],
)
def test_contributors_approvers_and_the_actor_cannot_review(after: Repository, who: str, why: str) -> None:
    ran = review(after, who)

    assert (ran.code, ran.data["files"], after.state[1]) == (1, [], "")
    assert why in ran.data["notCounted"][0]["reason"]


@pytest.mark.parametrize(("who", "why"), [("alice", "was not in owner then")])
def test_a_review_by_somebody_outside_the_teams_does_not_count(after: Repository, who: str, why: str) -> None:
    ran = succeeded(review(after, who))
    after.commit("fourth", identity="dina", files={PROMPT: "fourth\n"})

    late = promote(after, now=LATER).data["promotions"][0]

    assert ran.data["verdictWithIt"] == "pending"
    assert why in ran.data["notCounted"][0]["reason"]
    assert [item for item in late["notCounted"] if why in item["reason"]]
    assert [item["status"] for item in late["requirements"] if item["kind"] == "review"] == ["missing"]


def test_an_overdue_review_blocks_neither_break_glass_nor_rollback_nor_stricter_changes(
    after: Repository,
) -> None:
    stop = "spec: {suspended: true}\n"
    after.commit("stop it", identity="dina", files={"proposals/production/desk-bot/overrides.yaml": stop})
    stopping = requirement_status(promote(after, now=LATER))["review"]
    glass = requirement_status(promote_by_break_glass(after, now=LATER))["review"]
    back = after.fleet(
        *("rollback", "desk-bot", "--env", "production", "--reason", "enough", "--json"), now=LATER
    )

    for status, detail in (stopping, glass, requirement_status(back)["review"]):
        assert status == "met"
        assert detail.startswith("overdue, but not blocking this promotion, carla could give it: ")


def test_only_a_break_glass_entry_can_be_reviewed(after: Repository) -> None:
    before = after.state

    ran = review(after, "carla", seq=2)

    assert ran.code == 2
    assert "entry 2 of ledger/production.jsonl is no break-glass promotion of 'desk-bot'" in ran.err
    assert "--review one of: 3" in ran.err
    assert after.state == before


def test_a_review_shows_the_change_that_was_made(after: Repository) -> None:
    entry, commit = ledger(after)[-1], after.head
    report = after.fleet("approve", "desk-bot", "--to", "production", "--review", "3", identity="carla").out

    assert f"compared production ({entry['commit'][:12]}) with entry 3 ({commit[:12]})" in report
    assert "third" in report
    assert "with it: review met" in report


def test_without_apply_no_combination_of_options_writes(desk: Repository) -> None:
    approved(desk, "bob", "erin")
    before = desk.state
    flags: list[tuple[str, ...]] = [
        ("--partial",),
        ("-v",),
        ("--as", "bob"),
        ("--base", "HEAD"),
        ("--at", NOW),
        ("--from", "staging"),
    ]

    for chosen in chain.from_iterable(combinations(flags, n) for n in range(3)):
        ran = promote_by_break_glass(desk, *chain.from_iterable(chosen))
        assert ran.code == 0, chosen
        assert desk.state == before, chosen


def test_the_next_command_repeats_the_break_glass_options(desk: Repository) -> None:
    approved(desk, "bob", "erin")

    report = desk.fleet("promote", "desk-bot", "--to", "production", "--break-glass", *INCIDENT).out

    how = "--break-glass --incident INC-2041 --reason 'customers are told lies'"
    assert report.splitlines()[-1] == f"fleet promote desk-bot --to production {how} --apply"


SMALL = STRICT.replace("approvals: 2, from: on-call", "approvals: 1, from: desk")
"""The owners are the two on call: one writes, the other approves, and nobody is left."""


def last(ran: CommandResult, lines: int) -> list[str]:
    return ran.out.splitlines()[-lines:]


def test_the_last_lines_name_the_required_review(desk: Repository) -> None:
    approved(desk, "bob", "erin")

    before = desk.fleet(
        *("promote", "desk-bot", "--to", "production", "--break-glass", *INCIDENT), identity="ci"
    )
    ran = succeeded(
        desk.fleet(
            *("promote", "desk-bot", "--to", "production", "--break-glass", *INCIDENT, "--apply"),
            identity="ci",
        )
    )

    assert "review due by 2026-11-22T12:00:00Z; carla can review desk-bot" in before.out
    assert last(ran, 3) == [
        "entry 3 needs a review by 2026-11-22T12:00:00Z: carla can review desk-bot",
        "next: give the review, as somebody who can:",
        "fleet approve desk-bot --to production --review 3",
    ]
    assert desk.fleet(*last(ran, 1)[0].split()[1:], identity="carla").code == 0


def test_a_required_review_is_shown_without_a_change_to_promote(after: Repository) -> None:
    for verb in (("promote", "desk-bot", "--to", "production"), ("why", "desk-bot")):
        ran = after.fleet(*verb)

        assert ran.code == 0
        assert "review of entry 3 (INC-2041) by 2026-11-22T12:00:00Z" in ran.out
        assert last(ran, 1) == ["fleet approve desk-bot --to production --review 3"]


def test_a_review_that_nobody_can_give_is_shown_before_and_after(tmp_path: Path) -> None:
    repo = promoted_twice(tmp_path, SMALL)
    repo.commit("third", identity="dina", at="2026-11-20T11:00:00+00:00", files={PROMPT: THIRD})
    approved(repo, "carla")

    before = succeeded(promote_by_break_glass(repo))
    checked = repo.fleet("policy", "check")
    succeeded(promote_by_break_glass(repo, "--apply"))
    repo.commit("fourth", identity="dina", files={PROMPT: "fourth\n"})
    why = repo.fleet("why", "desk-bot", now=LATER)

    assert before.data["breakGlass"]["reviews"] == [{"agent": "desk-bot", "entry": None, "could": []}]
    assert checked.code == 0
    message = "nobody could review a break-glass promotion of 'desk-bot' to 'production'"
    assert f"warning  policy-unreviewable  {message}" in checked.out
    assert "where carla or dina is its author: carla and dina may review" in checked.out
    assert "overdue, nobody may give it: everybody in owner was involved" in why.out


def test_the_last_line_is_no_review_that_nobody_can_give(tmp_path: Path) -> None:
    repo = promoted_twice(tmp_path, SMALL)
    repo.commit("third", identity="dina", at="2026-11-20T11:00:00+00:00", files={PROMPT: THIRD})
    approved(repo, "carla")
    glass = ("promote", "desk-bot", "--to", "production", "--break-glass", *INCIDENT, "--apply")

    ran = succeeded(repo.fleet(*glass, identity="ci"))

    assert last(ran, 3) == [
        "entry 3 needs a review by 2026-11-22T12:00:00Z: nobody can review desk-bot: "
        "once overdue, this blocks every ordinary promotion",
        "next: nobody can give the review, check the policy:",
        "fleet policy check",
    ]


def test_a_policy_under_which_nobody_could_ever_review_is_an_error(tmp_path: Path) -> None:
    repo = promoted_twice(tmp_path, SMALL.replace("approvals: 1, from: desk", "approvals: 2, from: desk"))

    checked = repo.fleet("policy", "check", "--json")

    assert checked.code == 1
    [finding] = [it for it in checked.data["findings"] if it["check"] == "policy-unreviewable"]
    assert (finding["severity"], finding["line"]) == ("error", 12)
