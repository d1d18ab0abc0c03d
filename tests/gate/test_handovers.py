"""Whose approval counts when an agent gets another owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from fleetward.domain.change import Change, ChangeClass, ChangeKind, Direction, Significance
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.verdict import Promotion
from tests.gate.world import (
    OWNER,
    REWORDED,
    approvals,
    approvals_of,
    comparison,
    everybody,
    manifest,
    rule,
    verdict,
)

HANDOVER = rule(
    "handover",
    approvals(1, "owner"),
    approvals(1, "former-owner"),
    when={"only_ownership": True},
    replaces_all=True,
)


def change(path: str) -> Change:
    return Change(
        environment="staging",
        agent="refund-bot",
        path=path,
        kind=ChangeKind.CHANGED,
        after="support",
        rule="governance/owner-changed",
        cls=ChangeClass.GOVERNANCE,
        direction=Direction.UNKNOWN,
        significance=Significance.HIGH,
        reason="",
    )


def handed_over(
    *rules: Any, names: str, paths: tuple[str, ...] = ("spec.owner.team",), **changes: Any
) -> Promotion:
    """From payments (alice, carla, dina, zoe) to support (bob, erin); erin wrote it."""
    received = manifest(owner={"team": "support", "accountable": "bob", "backup": "erin"})
    moved = replace(comparison(REWORDED), changes=tuple(map(change, paths)))
    usual: dict[str, Any] = {"candidate": received, "comparison": moved}
    return verdict(*rules, approvals=approvals_of(names.split()), **{**usual, **changes})


@pytest.mark.parametrize(
    ("names", "allowed"), [("bob alice", True), ("bob", False), ("alice carla", False), ("alice bob", True)]
)
def test_a_rule_about_handovers_asks_the_receiving_and_the_former_owner(names: str, allowed: bool) -> None:
    assert (handed_over(OWNER, HANDOVER, names=names).verdict == "allowed") is allowed


@pytest.mark.parametrize(("name", "allowed"), [("bob", False), ("alice", True)])
def test_without_such_a_rule_nobody_takes_an_agent_over_by_their_own_word(name: str, allowed: bool) -> None:
    assert (handed_over(OWNER, names=name).verdict == "allowed") is allowed


def test_a_change_that_does_more_cannot_name_its_own_approvers() -> None:
    paths = ("spec.owner.team", "prompts/system.md")

    assert handed_over(OWNER, names="bob", paths=paths).verdict == "pending"
    assert handed_over(OWNER, names="bob", comparison=None).verdict == "pending"
    assert handed_over(OWNER, names="alice", paths=paths).verdict == "allowed"


def test_where_nobody_of_the_running_owners_is_left_the_candidate_names_them() -> None:
    usual = everybody()
    gone = {
        name: replace(person, departed=date(2026, 11, 1))
        if name in ("alice", "carla", "dina", "zoe")
        else person
        for name, person in usual.people.items()
    }
    people = replace(usual, people=gone)
    paths = ("spec.owner.team", "prompts/system.md")

    assert handed_over(OWNER, names="bob", paths=paths, people=people).verdict == "allowed"


def test_a_new_agent_has_no_former_owner_but_its_own() -> None:
    required = rule("both", approvals(1, "former-owner"))

    created = verdict(required, approvals=approvals_of(["alice"]), kind=PromotionKind.CREATE, running=None)

    assert created.verdict == "allowed"
