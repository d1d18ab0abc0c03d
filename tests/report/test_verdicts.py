"""Verdicts as text and JSON."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from fleetward.domain.batch_verdict import BatchVerdict
from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.ledger import PromotionKind, RollbackHold
from fleetward.domain.next_step import NextStep
from fleetward.domain.verdict import Promotion
from fleetward.report import verdicts_json, verdicts_markdown, verdicts_text
from fleetward.store.formats import json_schema
from tests.gate.test_promotion_modes import break_glass_terms, required_review, rollback_terms
from tests.gate.world import (
    DAY,
    EVALS,
    HOUR,
    NEW,
    NOW,
    OLD,
    OTHER,
    OWNER,
    RISK,
    SAFE,
    SOAK,
    contributor,
    error,
    evidence_record,
    manifest,
    policy,
    rejection,
    statement,
    verdict,
)

COMMIT = "ab" * 20
POLICY = policy(OWNER)
HELD = verdict(
    OWNER,
    RISK,
    EVALS,
    SOAK,
    approvals=(statement("alice"), statement("gita"), statement("bob", to_state=OTHER)),
    evidence=(evidence_record(), SAFE),
    longest_soak=DAY - HOUR,
    is_soaking=True,
)


def text(*promotions: Promotion, verbose: bool = False) -> str:
    page = verdicts_text.render(
        batch(*promotions),
        next_step=NextStep(command="fleet approve refund-bot --to production", reason="approve this change"),
        verbose=verbose,
        now=NOW,
    )
    return "\n".join(row.text for row in page)


def test_statements_on_other_changes_are_counted_and_listed_if_verbose() -> None:
    promotion = verdict(
        OWNER, approvals=tuple(statement(who, to_state=OTHER) for who in ("alice", "bob", "gita"))
    )

    # alice could fill the seat, so her requirement names her
    assert f"          not counted: alice: approved another state ({OTHER})" in text(promotion).splitlines()
    assert "  not counted: 2 statements on other changes (-v lists them)" in text(promotion).splitlines()
    assert text(promotion).count("approved another state") == 1
    assert text(promotion, verbose=True).count("approved another state") == 3
    assert [item["approver"] for item in data(promotion)["promotions"][0]["notCounted"]] == [
        "alice",
        "bob",
        "gita",
    ]


def data(*promotions: Promotion) -> dict[str, Any]:
    return verdicts_json.render(batch(*promotions))


def batch(*promotions: Promotion) -> BatchVerdict:
    return BatchVerdict(
        promotions=promotions, target="production", sources=("staging",), commit=COMMIT, policy=POLICY
    )


GOLDEN = f"""\
staging -> production at {COMMIT}, policy version 1

PENDING refund-bot (update, tier medium, generation 3)
  from {OLD}
    to {NEW}
  met     approvals 1 of owner (every-change): 1 of 1: alice
  missing approvals 2 of risk (risk): 1 of 2: gita
          could approve: bob, farid
          not counted: bob: approved another state ({OTHER})
            would help: they approve again: fleet approve refund-bot --to production
  met     evals quality passed (pass-rate at least 0.95) (evals): 0.97 on 2026-11-19T12:00:00Z
  met     evals safety passed (toxicity at most 0.01) (evals): 0.002 on 2026-11-19T12:00:00Z
  missing soak at least 1d (soak): 23h so far, long enough at 2026-11-20T13:00:00Z
  smallest set of approvers: bob
  earliest: 2026-11-20T13:00:00Z, in 1h

next: approve this change:
fleet approve refund-bot --to production"""


def test_the_text_has_every_requirement_and_ends_with_a_command() -> None:
    assert text(HELD) == GOLDEN


BROKEN = verdict(
    OWNER,
    SOAK,
    terms=break_glass_terms("soak", "evals", "freeze"),
    mode=PromotionMode.BREAK_GLASS,
    approvals=(statement("carla"), statement("alice")),
    longest_soak=HOUR,
    is_soaking=True,
)
BACK = verdict(
    terms=rollback_terms(),
    kind=PromotionKind.ROLLBACK,
    left_at=NOW - DAY,
    contributors=(),
    hold=RollbackHold(seq=4, at=NOW - HOUR, reason="it lied"),
    required_reviews=(required_review(DAY),),
)


def agent_text(promotion: Promotion) -> str:
    return text(promotion).split("\n\n")[1]


def test_break_glass_lists_the_skipped_requirements() -> None:
    assert (
        agent_text(BROKEN)
        == f"""\
PENDING refund-bot (update, tier medium, generation 3, break-glass)
  from {OLD}
    to {NEW}
  missing approvals 2 of on-call (breakGlass): 1 of 2: carla
          could approve: hugo
          not counted: alice: not in on-call
            would help: governance/people.yaml lists them in on-call, and they approve again
          not counted: erin: author of the change (commit c0ffeec0ffee)
            would help: somebody else writes the change, after a revert of that commit
  skipped soak at least 1d (soak): 1h so far, long enough at 2026-11-21T11:00:00Z
  smallest set of approvers: hugo"""
    )


def test_a_rollback_shows_its_age_its_hold_and_the_open_review() -> None:
    assert (
        agent_text(BACK)
        == f"""\
PENDING refund-bot (rollback, tier medium, generation 3)
  from {OLD}
    to {NEW}
  missing approvals 1 of on-call (rollback): 0 of 1
          could approve: carla, erin, hugo
  missing held 1 of on-call, given after the rollback (rollback): rolled back by entry 4 on 2026-11-20T11:00:00Z, \
because: it lied; 0 of 1
          could approve: carla, erin, hugo
  met     rollback a release that left less than 30d ago (rollback): left on 2026-11-19T12:00:00Z, 1d ago
  met     review of entry 7 (INC-7) by 2026-11-21T12:00:00Z (breakGlass): \
not due yet, alice or zoe could give it: fleet approve refund-bot --to production --review 7
  smallest set of approvers: carla"""
    )


def test_every_verdict_has_its_word() -> None:
    allowed = verdict(OWNER, approvals=(statement("alice"),))
    blocked = verdict(OWNER, approvals=(rejection("bob", note="too soon"),))

    page = text(allowed, blocked, verdict(OWNER, kind=None))

    rows = [line.split()[:3] for line in page.splitlines()[2:6]]
    assert rows == [
        ["verdict", "agent", "kind"],
        ["ALLOWED", "refund-bot", "update"],
        ["BLOCKED", "refund-bot", "update"],
        ["UNCHANGED", "refund-bot", "none"],
    ]
    assert "can lift it: bob" in page
    assert "UNCHANGED refund-bot (nothing to promote)" in text(verdict(OWNER, kind=None))


def test_agents_that_miss_the_same_stand_together() -> None:
    page = text(verdict(OWNER), verdict(OWNER), verdict(OWNER, approvals=(statement("alice"),)))

    assert "\nrefund-bot, refund-bot\n  missing approvals" in page
    assert page.count("could approve") == 1


def test_verbose_adds_the_policy_the_time_and_the_files() -> None:
    page = text(HELD, verbose=True)

    assert f"policy {POLICY.sha256}" in page
    assert f"counted: {SAFE.file}" in page
    assert "at 2026-11-20T12:00:00Z" in page


def test_no_digest_is_ever_shortened() -> None:
    assert OLD in text(HELD)
    assert NEW in text(HELD)


def test_the_json_follows_its_schema() -> None:
    promotions = (
        HELD,
        verdict(OWNER, kind=None),
        verdict(OWNER, candidate=manifest("high"), errors=(error(),)),
        verdict(approvals=(rejection("bob"),)),
    )

    Draft202012Validator(json_schema.load_schema("promote-output")).validate(data(*promotions))


def test_the_json_has_the_verdict_of_the_gate() -> None:
    report = data(HELD)

    [promotion] = report["promotions"]
    assert (report["format"], report["verdict"], report["to"]) == (
        "fleetward.promote/1",
        "pending",
        "production",
    )
    assert promotion["fromState"] == OLD
    assert promotion["unblock"] == {
        "people": ["bob", "farid"],
        "fewest": ["bob"],
        "readyAt": "2026-11-20T13:00:00Z",
        "ways": [],
    }
    assert promotion["notCounted"] == [{"approver": "bob", "reason": f"approved another state ({OTHER})"}]
    assert promotion["requirements"][1] == {
        "rule": "risk",
        "kind": "approvals",
        "asked": "2 of risk",
        "status": "missing",
        "by": ["gita"],
        "detail": "1 of 2: gita",
        "readyAt": None,
        "could": ["bob", "farid"],
        "excluded": [
            {
                "person": "bob",
                "reason": f"approved another state ({OTHER})",
                "commit": None,
                "remedy": "they approve again: fleet approve refund-bot --to production",
            }
        ],
    }


def test_the_same_answer_is_the_same_bytes() -> None:
    assert json.dumps(data(HELD)) == json.dumps(data(HELD))


def test_the_verdict_of_a_batch_is_its_worst() -> None:
    allowed = verdict(OWNER, approvals=(statement("alice"),))

    assert data(allowed)["verdict"] == "allowed"
    assert data(allowed, HELD)["verdict"] == "pending"
    assert data()["verdict"] == "blocked"


def test_a_retirement_says_that_the_agent_is_retired() -> None:
    retirement = verdict(OWNER, kind=PromotionKind.RETIRE)

    assert f"    to {retirement.to_state}, the agent is retired\n" in text(retirement)
    assert "the agent is retired" not in text(BACK)


def test_where_nobody_is_left_the_ways_on_are_listed_in_every_format() -> None:
    wrote = tuple(contributor(name) for name in ("bob", "farid", "gita"))
    promotion = verdict(RISK, contributors=wrote)
    ways = [
        "the approvals cannot be completed: too few eligible approvers are left",
        "ways on:",
        "another author: revert the change, and let somebody else than bob or farid write it again; "
        "then bob and farid can approve it",
        "git revert c0ffeec0ffee",
        "another member: add a person to risk in governance/people.yaml",
        "fleet approve --governance",
    ]

    assert "\n".join(ways) in "\n".join(row.strip() for row in text(promotion).splitlines())
    assert [way["way"] for way in data(promotion)["promotions"][0]["unblock"]["ways"]] == [
        "another-author",
        "another-member",
        "governance-change",
    ]
    step = NextStep(command="fleet policy check", reason="check the policy")
    comment = verdicts_markdown.render(batch(promotion), next_step=step)
    assert f"  - `{ways[4]}`: `{ways[5]}`\n" in comment
    assert "not counted: `bob`, `farid`, `gita`: `author of the change (commit c0ffeec0ffee)`; " in comment
