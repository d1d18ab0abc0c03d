"""Who answers for a commit, and what a statement in somebody else's name does: nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from fleetward.domain.audit import FileStep
from fleetward.domain.contributor import AuthorSignature, Contributor, ContributorRole
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.people import People, Robot
from fleetward.domain.verdict import Verdict
from fleetward.gate import history_checks
from tests.gate.commits import commit_with
from tests.gate.test_history_checks import APPROVAL, OTHERS, PLAIN
from tests.gate.world import (
    NOW,
    OWNER,
    approvals,
    contributor,
    everybody,
    people_with_dates,
    rejection,
    rule,
    statement,
    verdict,
    withdrawal,
)

GONE = people_with_dates("carla", departed=date(2026, 1, 1))


def hand(email: str, role: ContributorRole = ContributorRole.AUTHOR) -> Contributor:
    return replace(contributor(email, role), committed=NOW)


@pytest.mark.parametrize(
    ("contributors", "people", "words"),
    [
        ((hand("noreply@forge.example"),), everybody(), "is the robot 'forge', which nobody operates"),
        ((hand("noreply@forge.example", ContributorRole.CO_AUTHOR),), everybody(), "which nobody operates"),
        ((hand("noreply@forge.example", ContributorRole.COMMITTER),), everybody(), None),
        ((hand("carla"),), GONE, "is carla, who was not active then"),
        ((hand("carla", ContributorRole.COMMITTER),), GONE, None),
        ((hand("nobody", ContributorRole.RECOMMITTER),), everybody(), "is not listed in people.yaml"),
        ((hand("dina", ContributorRole.RECOMMITTER),), everybody(), None),
        ((hand("ci"),), everybody(), None),
        ((hand("ci"),), GONE, "is the robot 'ci', whose operator carla was not active then"),
        ((hand("erin"),), everybody(), None),
    ],
)
def test_an_author_is_somebody_who_answers_for_the_commit(
    contributors: tuple[Contributor, ...], people: People, words: str | None
) -> None:
    promotion = verdict(OWNER, people=people, contributors=contributors, approvals=(statement("dina"),))

    details = [need.detail for need in promotion.requirements if need.rule == "approvals.unknownAuthors"]
    assert promotion.verdict is (Verdict.BLOCKED if words else Verdict.ALLOWED)
    assert not details if words is None else words in details[0]


def test_an_operator_whom_nobody_lists_leaves_the_robot_as_it_is() -> None:
    people = everybody(robots={"ci": Robot(id="ci", emails=("ci@acme.example",), operated_by="nobody")})

    promotion = verdict(OWNER, people=people, contributors=(hand("ci"),), approvals=(statement("dina"),))

    assert promotion.verdict is Verdict.ALLOWED


@pytest.mark.parametrize("decide", [rejection, withdrawal])
def test_a_statement_in_somebody_elses_name_stops_nothing_and_is_told(decide: Any) -> None:
    foreign = replace(decide("dina"), fault="committed by erin@acme.example", is_foreign=True)
    own = statement("dina")

    promotion = verdict(
        OWNER,
        contributors=(hand("erin"),),
        approvals=(own, foreign),
    )

    assert promotion.verdict is Verdict.ALLOWED
    [told] = [item for item in promotion.not_counted if foreign.file in item.files]
    assert "in the name of dina: committed by erin@acme.example" in told.reason


def test_an_unreadable_record_is_told_and_stops_nobody() -> None:
    unreadable = Finding(
        rule="file-unreadable",
        severity=Severity.ERROR,
        message="unreadable record: not JSON",
        place=Place(file="approvals/production/refund-bot/x.json"),
    )

    promotion = verdict(
        OWNER,
        contributors=(hand("erin"),),
        approvals=(statement("dina"),),
        unreadable=(unreadable,),
    )

    assert promotion.verdict is Verdict.ALLOWED
    assert [(item.approver, item.reason) for item in promotion.not_counted] == [
        ("approvals/production/refund-bot/x.json", "unreadable record: not JSON")
    ]


def test_what_was_no_readable_record_may_be_taken_out_or_replaced() -> None:
    commits = [commit_with(FileStep(APPROVAL, PLAIN, after)) for after in (None, OTHERS)]

    breaks = [item for commit in commits for item in history_checks.record_losses(commit, {APPROVAL})]

    assert [(item.rule, item.severity) for item in breaks] == [
        ("approval-deleted", Severity.NOTE),
        ("approval-changed", Severity.NOTE),
    ]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(None, Verdict.ALLOWED), ("it is not signed", Verdict.BLOCKED)],
)
def test_a_rule_may_ask_for_commits_signed_by_their_authors(fault: str | None, expected: Verdict) -> None:
    signed = rule("every-change", approvals(1, "owner"), signed_authors=True)
    commit = AuthorSignature(commit="c0ffee" * 6, author="erin@acme.example", fault=fault)

    promotion = verdict(
        signed, contributors=(hand("erin"),), approvals=(statement("dina"),), author_signatures=(commit,)
    )

    [requirement] = [need for need in promotion.requirements if "signed by" in need.condition]
    assert promotion.verdict is expected
    assert requirement.rule == "every-change"
    assert requirement.detail == (
        f"commit c0ffeec0ffee of erin@acme.example: {fault}" if fault else "commits: 1"
    )
