"""What every verb does in the same way: names that are none, and -q."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.repositories import DESK, FLEET, NOW, Repository, running

GATED = ("--to", "production")
PRODUCTION = "environments/production/desk-bot"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """desk-bot runs in production, and a change of it waits in staging."""
    return running(tmp_path_factory.mktemp("agreeing"))


@pytest.mark.parametrize(
    ("name", "hint"), [("desk-bt", "did you mean 'desk-bot'?"), ("x", "one of: desk-bot")]
)
@pytest.mark.parametrize(
    "verb",
    [
        ("promote", "{}", *GATED),
        ("approve", "{}", *GATED),
        ("why", "{}"),
        ("approvals", "{}"),
        ("log", "{}"),
        ("release", "{}"),
        ("evidence", "add", "{}", "--suite", "quality", "results.json"),
        ("retire", "{}"),
    ],
)
def test_an_unknown_agent_has_the_same_error_in_every_verb(
    repo: Repository, verb: tuple[str, ...], name: str, hint: str
) -> None:
    ran = repo.fleet(*(word.format(name) for word in verb))

    assert (ran.code, ran.out) == (2, "")
    first, last = ran.err.splitlines()
    assert first.startswith(f"fleet: no agent '{name}' in ")
    assert last == f"  try: {hint}"


@pytest.mark.parametrize(
    "verb",
    [
        ("promote", "desk-bot", "--to", "prodction"),
        ("approve", "desk-bot", "--to", "prodction"),
        ("why", "desk-bot", "--to", "prodction"),
        ("approvals", "desk-bot", "--to", "prodction"),
        ("log", "--to", "prodction"),
        ("adopt", "--to", "prodction"),
        ("release", "desk-bot", "--env", "prodction"),
        ("evidence", "add", "desk-bot", "--env", "prodction", "--suite", "quality", "results.json"),
        ("diff", "--env", "staging..prodction"),
        ("new", "other-bot", "--env", "prodction"),
    ],
)
def test_an_unknown_environment_has_the_same_error_in_every_verb(
    repo: Repository, verb: tuple[str, ...]
) -> None:
    ran = repo.fleet(*verb)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "fleet: no environment 'prodction'\n  try: did you mean 'production'?\n"


def test_a_misspelt_source_is_refused_with_the_nearest_one(repo: Repository) -> None:
    ran = repo.fleet("promote", "desk-bot", *GATED, "--from", "stagin")

    assert (ran.code, ran.err) == (2, "fleet: no environment 'stagin'\n  try: did you mean 'staging'?\n")


def test_a_folder_of_an_unknown_environment_names_the_nearest_one(tmp_path: Path) -> None:
    files = {path.replace("staging", "prodction"): text for path, text in FLEET.items() if DESK in path}
    repo = running(tmp_path)
    repo.write(files)

    [finding] = [
        row for row in repo.fleet("validate", "--json").data["findings"] if row["severity"] == "error"
    ]

    assert finding["file"] == "environments/prodction/desk-bot/agent.yaml"
    assert finding["hint"].startswith("did you mean 'production'?")


@pytest.mark.parametrize(
    "verb",
    [
        ("validate",),
        ("diff", "HEAD~1..HEAD"),
        ("log",),
        ("approvals", "desk-bot"),
        ("list", "waivers"),
        ("explain", "owner-unknown"),
        ("policy", "check"),
        ("audit",),
    ],
)
def test_quiet_prints_nothing_on_success(repo: Repository, verb: tuple[str, ...]) -> None:
    ran = repo.fleet(*verb, "-q")

    assert (ran.code, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize("verb", [("promote", "desk-bot", *GATED), ("why", "desk-bot")])
def test_quiet_prints_the_report_of_a_denial(repo: Repository, verb: tuple[str, ...]) -> None:
    quiet, loud = repo.fleet(*verb, "-q"), repo.fleet(*verb)

    assert quiet.code == 1
    assert quiet.out == loud.out


@pytest.mark.parametrize("verb", [("release", "desk-bot"), ("log", "--json"), ("schema", "agent")])
def test_quiet_keeps_output_for_programs(repo: Repository, verb: tuple[str, ...]) -> None:
    quiet, loud = repo.fleet(*verb, "-q"), repo.fleet(*verb)

    assert loud.out
    assert quiet.out == loud.out


@pytest.mark.parametrize("flag", ["--now", "--at"])
def test_a_day_without_a_time_is_refused_with_its_first_instant(repo: Repository, flag: str) -> None:
    clock = {"now": None} if flag == "--now" else {}
    ran = repo.fleet("why", "desk-bot", flag, "2026-12-01", **clock)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(f"  try: {flag} 2026-12-01T00:00:00Z\n")


@pytest.mark.parametrize(
    ("verb", "writer"),
    [
        (("promote", "desk-bot", "--to", "production", "--apply"), "--apply"),
        (("adopt", "--to", "production", "--apply"), "--apply"),
        (("rollback", "desk-bot", "--env", "production", "--reason", "x", "--apply"), "--apply"),
        (("suspend", "desk-bot", "--env", "production", "--reason", "x", "--apply"), "--apply"),
        (("approve", "desk-bot", "--to", "production"), "this verb"),
        (("evidence", "add", "desk-bot", "--suite", "quality", "run.xml"), "this verb"),
    ],
    ids=" ".join,
)
def test_nobody_chooses_the_time_of_what_is_written(
    repo: Repository, verb: tuple[str, ...], writer: str
) -> None:
    before = repo.state

    ran = repo.fleet(*verb, "--now", NOW)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"fleet: --now: {writer} writes at the present time\n  try: leave out --now\n"
    assert repo.state == before


def test_the_hint_for_an_unknown_key_names_every_key(tmp_path: Path) -> None:
    repo = running(tmp_path)
    repo.write({f"{DESK}/agent.yaml": FLEET[f"{DESK}/agent.yaml"].replace("spec:\n", "spec:\n  zzz: 1\n")})

    [finding] = [
        row for row in repo.fleet("validate", "--json").data["findings"] if row["rule"] == "unknown-key"
    ]

    assert finding["hint"].startswith("one of: lifecycle, ")
    assert "retirement" in finding["hint"]
    assert "..." not in finding["hint"]


def test_a_broken_policy_is_shown_by_policy_check_as_by_validate(tmp_path: Path) -> None:
    repo = running(tmp_path)
    repo.write({"governance/policy.yaml": FLEET["governance/policy.yaml"].replace("tiers:", "tierz:")})

    checked = repo.fleet("policy", "check").out.split("\n\n")[:-1]
    validated = repo.fleet("validate").out.split("\n\n")[:-1]

    assert checked
    assert set(checked) <= set(validated)
