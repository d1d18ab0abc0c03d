"""Attestations: who may make them, which of them count, and that they only grow."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.attacks.scenarios import CONFIG, NOW, POLICY, CommandResult, FleetRepository, new_fleet

REVIEWED = POLICY.replace("from: owner}", "from: owner}, {attested: review, maxAge: P20D}") + (
    "attestations: {drill: {by: owner, every: P3M}, exceptions: {by: risk, scope: fleet}}\n"
)


@pytest.fixture
def place(tmp_path: Path) -> FleetRepository:
    return new_fleet(tmp_path, policy=REVIEWED, config=CONFIG)


def attest(place: FleetRepository, *options: str, who: str = "bob", now: str = NOW) -> CommandResult:
    """Attest something."""
    return place.fleet("attest", *options, "--json", who=who, now=now)


def test_what_an_owner_attests_counts_and_what_others_write_does_not(place: FleetRepository) -> None:
    place.approve("carla")
    assert place.judge().code == 1

    assert attest(place, "desk", "--kind", "review", "--on", "2026-11-18").code == 0
    place.git("checkout", "-q", "-b", "forged")
    place.commit("bob reviewed it", who="alice")
    forged = place.judge()
    place.git("checkout", "-q", "main")
    assert attest(place, "desk", "--kind", "review", "--on", "2026-11-18").code == 0
    place.commit("reviewed", who="bob")

    assert forged.code == 1
    assert "committed by alice@town.example" in forged.reasons()
    assert place.judge().code == 0


@pytest.mark.parametrize(
    ("options", "who", "reason"),
    [
        (
            ("desk", "--kind", "review"),
            "dina",
            "dina may not attest review on 2026-11-20: alice, bob, carla could",
        ),
        (("desk", "--kind", "risk-assessment"), "bob", "bob may not attest risk-assessment"),
        (("desk", "--kind", "review", "--on", "2026-11-21"), "bob", "dated ahead (2026-11-21)"),
        (("desk", "--kind", "knowledge-check"), "bob", "no source is named: spec.knowledge has nothing"),
        (("desk", "--kind", "review", "--of", "faq"), "bob", "review is not of one part of an agent"),
        (("desk", "--kind", "seen"), "ci", "seen has to be signed"),
        (("desk", "--kind", "seen"), "bob", "bob is no robot: seen is attested by robots"),
        (("desk", "--kind", "heartbeat"), "ci", "ci is operated by nobody of the owner team"),
        (("nowhere", "--kind", "review"), "bob", "no agent 'nowhere' in any environment"),
        (("desk", "--kind", "party"), "bob", "no kind 'party' of attestation"),
        (("desk", "--kind", "exceptions"), "dina", "exceptions is attested of the whole fleet"),
        (("--fleet", "--kind", "review"), "bob", "review is attested of an agent"),
    ],
)
def test_who_may_not_attest_is_told_why_and_nothing_is_written(
    place: FleetRepository, options: tuple[str, ...], who: str, reason: str
) -> None:
    result = attest(place, *options, who=who)

    assert result.code == 1
    assert reason in result.data["refused"]
    assert result.data["files"] == []
    assert not (place.path / "attestations").exists()


def test_an_unknown_environment_and_a_clock_of_ones_own_are_no_answer(place: FleetRepository) -> None:
    assert attest(place, "desk", "--kind", "review", "--env", "prod").code == 2
    assert attest(place, "desk", "--kind", "review", "--now", NOW).code == 2
    assert attest(place, "--kind", "review").code == 2


def test_an_entry_names_the_attestations_that_it_rests_on(place: FleetRepository) -> None:
    place.approve("carla")
    for day in ("2026-11-17", "2026-11-18"):
        assert attest(place, "desk", "--kind", "review", "--on", day).code == 0
    place.commit("reviewed", who="bob")
    assert place.apply().code == 0
    file = "attestations/desk/2026-11-18-review-bob.json"
    ledger = place.path / "ledger/production.jsonl"
    line = json.loads(ledger.read_text())
    clean = place.fleet("audit", "--json")
    log = place.fleet("log", "--json").data["entries"][0]
    told = place.fleet("log").out
    place.git("rm", "-q", file)
    place.commit("tidy")
    gone = place.fleet("audit", "--json")
    place.git("reset", "-q", "--hard", "HEAD~1")
    changed = ledger.read_text().replace("-18-review", "-17-review")
    ledger.write_text(changed)
    place.git("commit", "-q", "--amend", "-a", "-C", "HEAD")
    untrue = place.fleet("audit", "--json")

    assert [item["file"] for item in line["attestations"]] == [file]
    assert list(line).index("attestations") == list(line).index("evidence") + 1
    assert log["attestations"] == line["attestations"]
    assert f"  attested {file}" in told
    assert clean.code == 0, clean.output
    assert "attestation-deleted" in {found["rule"] for found in gone.data["breaks"]}
    assert {"attestation-changed", "entry-untrue"} <= {found["rule"] for found in untrue.data["breaks"]}


def test_a_line_from_before_attestations_were_named_stays_good(place: FleetRepository) -> None:
    place.approve("carla")
    assert attest(place, "desk", "--kind", "review", "--on", "2026-11-18").code == 0
    place.commit("reviewed", who="bob")
    assert place.apply().code == 0
    ledger = place.path / "ledger/production.jsonl"
    line = json.loads(ledger.read_text())
    del line["attestations"]
    text = json.dumps(line, separators=(",", ":"))
    ledger.write_text(text + "\n")
    message = place.git("log", "-1", "--format=%B")
    digest = hashlib.sha256(text.encode()).hexdigest()
    message = re.sub("Fleet-Ledger: 1 sha256:[0-9a-f]+", f"Fleet-Ledger: 1 sha256:{digest}", message)
    place.git("commit", "-q", "--amend", "-a", "-m", message)

    audit = place.fleet("audit", "--json")

    assert audit.code == 0, audit.output


def test_each_kind_is_a_file_of_its_own(place: FleetRepository) -> None:
    for options, who in (
        (("desk", "--kind", "risk-assessment"), "dina"),
        (("desk", "--kind", "escalation-test"), "bob"),
        (("desk", "--kind", "kill-switch-test", "--result", "failed"), "bob"),
        (("desk", "--kind", "incident", "--incident", "INC-1", "--note", "it lied"), "ci"),
        (("desk", "--kind", "drill"), "carla"),
        (("desk", "--kind", "drill", "--env", "staging"), "carla"),
        (("--fleet", "--kind", "exceptions"), "dina"),
    ):
        assert attest(place, *options, who=who).code == 0

    files = sorted(file.relative_to(place.path).as_posix() for file in place.path.glob("attestations/*/*"))
    assert files == [
        "attestations/desk/2026-11-20-drill-carla-2.json",
        "attestations/desk/2026-11-20-drill-carla.json",
        "attestations/desk/2026-11-20-escalation-test-bob.json",
        "attestations/desk/2026-11-20-incident-ci.json",
        "attestations/desk/2026-11-20-kill-switch-test-bob.json",
        "attestations/desk/2026-11-20-risk-assessment-dina.json",
        "attestations/fleet/2026-11-20-exceptions-dina.json",
    ]
    subject = json.loads((place.path / files[0]).read_bytes())["subject"][0]["name"]
    assert subject == "staging/desk"


def test_an_attestation_that_counts_nothing_is_told_by_the_audit(place: FleetRepository) -> None:
    place.approve("carla")
    assert attest(place, "desk", "--kind", "review").code == 0
    place.commit("bob reviewed it", who="alice")
    place.write("attestations/desk/2026-11-20-review-dina.json", "{}")
    place.commit("dina, too", who="dina")

    audit = place.fleet("audit", "--json")

    told = {found["file"]: (found["severity"], found["rule"]) for found in audit.data["breaks"]}
    assert told["attestations/desk/2026-11-20-review-bob.json"] == ("warning", "attestation-invalid")
    assert told["attestations/desk/2026-11-20-review-dina.json"] == ("warning", "attestation-invalid")


def test_validate_believes_what_counts_cached_or_not(place: FleetRepository) -> None:
    manifest = place.path / "environments/staging/desk/agent.yaml"
    text = manifest.read_text() + "  review: {cadence: P90D, lastReviewedAt: 2026-01-15}\n"
    place.write("environments/staging/desk/agent.yaml", text)
    place.commit("a cadence")

    def rules() -> list[str]:
        found = place.fleet("validate", "--json").data["findings"]
        kinds = ("review-overdue", "attestation-invalid")
        return [item["rule"] for item in found if item["rule"] in kinds]

    overdue = rules()
    assert attest(place, "desk", "--kind", "review", "--on", "2026-11-18").code == 0
    uncommitted = rules()
    place.git("checkout", "-q", "-b", "forged")
    place.commit("bob reviewed it", who="alice")
    forged = rules()
    place.git("checkout", "-q", "main")
    assert attest(place, "desk", "--kind", "review", "--on", "2026-11-18").code == 0
    place.commit("reviewed", who="bob")

    assert (overdue, uncommitted) == (["review-overdue"], ["review-overdue"])
    assert forged == ["attestation-invalid", "review-overdue"]
    assert rules() == []
