"""``governance/policy.yaml``: a policy that nobody could meet is refused at its path."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fleetward.domain.change import ChangeClass, Direction
from fleetward.domain.period import parse_period
from fleetward.domain.policy import ApplyTerms, Assurance, RequiredApprovals, RequiredEvals, RequiredSoak
from fleetward.store.fleet.governance.config import parse_config
from fleetward.store.fleet.governance.people import parse_people
from fleetward.store.fleet.governance.policy import parse_policy
from fleetward.store.fleet.governance.source import Source
from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from tests import build
from tests.paths import SAMPLES
from tests.store.fleet.governance.sources import finding_paths, read_policy, rule


def test_a_policy_becomes_values() -> None:
    value, findings = read_policy(
        floors={"high": [{"toolAccess": "admin"}]},
        required={"low": ["spec.owner.team"]},
        approvals={"expire": "P7D", "exclude": ["author"], "unknownAuthors": "ignore"},
        contributors={"trailers": ["Signed-off-by"]},
        rules=[
            rule(
                "high-risk",
                {"approvals": 2, "from": ["risk", "payments"]},
                {"evals": "passed", "maxAge": "P7D"},
                {"soak": "PT24H"},
                when={
                    "to": ["production"],
                    "tier": "high",
                    "class": "data",
                    "direction": "looser",
                    "kind": "create",
                },
                assurance="signed",
                authors="signed",
            ),
            rule(
                "only-safer",
                {"approvals": 1, "from": "owner"},
                when={"only": "stricter", "agent": "refund-bot"},
                replaces="all",
                exempt=["freeze"],
            ),
        ],
        limits={"retiring": "P90D", "x-why": "because"},
        veto={"from": "risk"},
        apply={"by": ["risk"], "assurance": "recorded"},
    )

    assert findings == ()
    assert value is not None
    assert value.apply == ApplyTerms(by=frozenset({"risk"}), assurance=Assurance.RECORDED)
    first, second = value.rules
    assert (first.signed_authors, second.signed_authors) == (True, False)
    assert value.contributor_trailers == ("Signed-off-by",)
    assert (value.version, value.sha256, value.veto) == (3, "sha256:" + "1" * 64, {"risk"})
    assert value.approvals.expire == timedelta(days=7)
    assert value.approvals.exclude == {"author"}
    assert value.approvals.ignore_unknown_authors
    assert value.limits == {"retiring": parse_period("P90D")}
    assert first.require == (
        RequiredApprovals(count=2, teams=frozenset({"risk", "payments"})),
        RequiredEvals(max_age=parse_period("P7D")),
        RequiredSoak(span=timedelta(hours=24)),
    )
    assert first.assurance is Assurance.SIGNED
    assert first.when.classes == {ChangeClass.DATA}
    assert (first.when.direction, first.when.tiers, first.when.kinds) == (
        Direction.LOOSER,
        {"high"},
        {"create"},
    )
    assert second.replaces_all
    assert (second.exempt, second.when.only, second.when.agents) == (
        {"freeze"},
        Direction.STRICTER,
        {"refund-bot"},
    )
    assert second.place is not None
    assert second.place.path == "rules[only-safer]"


def test_absent_settings_of_a_policy_are_the_strictest() -> None:
    value, _ = read_policy()

    assert value is not None
    assert value.approvals.expire == timedelta(days=14)
    assert value.approvals.exclude == {"author", "committer", "co-author", "robot"}
    assert not value.approvals.ignore_unknown_authors


def test_ages_may_count_in_months() -> None:
    both = {"evals": {"passed": True, "maxAge": "P3M"}, "maxAge": "P60D"}
    value, findings = read_policy(
        rules=[rule("a", {"evals": "passed", "maxAge": "P1Y"}), rule("b", both)],
        limits={"retention": "P6M", "retiring": "P3M"},
    )

    assert findings == ()
    assert value is not None
    required = [requirement for item in value.rules for requirement in item.require]
    ages = [item.max_age for item in required if isinstance(item, RequiredEvals)]
    assert ages == [parse_period("P1Y"), parse_period("P60D")]
    assert value.limits == {"retention": parse_period("P6M"), "retiring": parse_period("P3M")}


ONE = {"approvals": 1, "from": "owner"}
GLASS = {"lasts": "PT8H", "reviewWithin": "P2D", "skips": ["soak", "evals"]}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"version": 0}, "version"),
        ({"version": True}, "version"),
        ({"tiers": ["low", "low"]}, "tiers"),
        ({"floors": {"huge": [{"toolAccess": "admin"}]}}, "floors.huge"),
        ({"required": {"huge": ["spec.owner"]}}, "required.huge"),
        ({"approvals": {"expire": "P1M"}}, "approvals.expire"),
        ({"limits": {"retiring": "soon"}}, "limits.retiring"),
        ({"veto": {"from": ["risk", "nobody"]}}, "veto.from"),
        ({"rules": [rule("a", ONE), rule("a", ONE)]}, "rules[1].id"),
        ({"rules": [rule("a", ONE, when={"tier": ["high", "huge"]})]}, "rules[a].when.tier"),
        ({"rules": [rule("a", {"approvals": 1, "from": "nobody"})]}, "rules[a].require[0].from"),
        ({"rules": [rule("a", ONE, {"approvals": 3, "from": "risk"})]}, "rules[a].require[1].approvals"),
        (
            {"rules": [rule("a", {"approvals": 5, "from": ["risk", "payments"]})]},
            "rules[a].require[0].approvals",
        ),
        ({"rules": [rule("a", {"approvals": 0, "from": "risk"})]}, "rules[a].require[0].approvals"),
        ({"rules": [rule("a", ONE, {"soak": "P1M"})]}, "rules[a].require[1].soak"),
        ({"rules": [rule("a")]}, "rules[a].require"),
        ({"rules": [rule("a", when={"tier": ["low", "medium"]})]}, "rules[a].require"),
        ({"rules": [rule("a", replaces="all")]}, "rules[a].require"),
        ({"rollback": {"within": "P1M", "require": [ONE]}}, "rollback.within"),
        (
            {"breakGlass": {"lasts": "PT8H", "require": [{"approvals": 9, "from": "risk"}]}},
            "breakGlass.require[0].approvals",
        ),
        ({"governance": {"require": []}}, "governance.require"),
        ({"apply": {"by": ["risk", "nobody"]}}, "apply.by"),
        ({"apply": {"by": ["risk"]}}, "apply.by"),
        ({"rollback": {"within": "P30D", "require": [ONE, {"soak": "PT1H"}]}}, "rollback.require[1]"),
        ({"breakGlass": {**GLASS, "require": [{"soak": "PT1H"}, ONE]}}, "breakGlass.require[0]"),
        ({"breakGlass": {**GLASS, "require": [ONE, {"evals": "passed"}]}}, "breakGlass.require[1]"),
    ],
)
def test_a_policy_that_nobody_could_meet_is_refused(changes: dict[str, Any], path: str) -> None:
    value, findings = read_policy(**changes)

    assert finding_paths(findings) == [("policy-unsatisfiable", path)]
    assert value is None


def test_evaluations_may_be_required_of_rollback_and_break_glass() -> None:
    evals = {"evals": "passed"}

    value, findings = read_policy(
        rollback={"within": "P30D", "require": [ONE, evals]},
        breakGlass={**GLASS, "skips": ["soak"], "require": [ONE, evals]},
    )

    assert finding_paths(findings) == []
    assert value is not None


@pytest.mark.parametrize("group", ["rollback", "breakGlass", "governance"])
def test_a_special_rule_that_too_few_people_could_approve_is_found(group: str) -> None:
    satisfiable = [{"approvals": 2, "from": "risk"}, {"approvals": 1, "from": ["risk"]}]
    impossible = [{"approvals": 2, "from": "risk"}, {"approvals": 3, "from": ["risk", "payments"]}]
    usual = {
        "rollback": {"within": "P30D"},
        "breakGlass": {"lasts": "PT8H", "reviewWithin": "P2D"},
        "governance": {},
    }

    good, _ = read_policy(**{group: {**usual[group], "require": satisfiable}})
    none, findings = read_policy(**{group: {**usual[group], "require": impossible}})

    assert good is not None
    assert none is None
    assert finding_paths(findings) == [("policy-unsatisfiable", f"{group}.require")]
    assert "would need 5 different people" in findings[0].message


def test_a_freeze_stops_a_rollback_unless_the_policy_says_otherwise() -> None:
    usual, _ = read_policy(rollback={"within": "P30D", "require": [ONE]})
    exempt, _ = read_policy(rollback={"within": "P30D", "require": [ONE], "exempt": ["freeze"]})

    rules = [parsed.rollback.rule.exempt for parsed in (usual, exempt) if parsed and parsed.rollback]
    assert rules == [frozenset(), frozenset({"freeze"})]


def test_a_rule_of_the_lowest_tier_may_require_nothing() -> None:
    value, findings = read_policy(rules=[rule("a", when={"tier": "low"})])

    assert findings == ()
    assert value is not None


def test_as_many_approvals_as_two_teams_have_members_can_be_required() -> None:
    assert read_policy(rules=[rule("a", {"approvals": 4, "from": ["risk", "payments"]})])[1] == ()


def test_owner_is_not_a_team_and_can_always_be_required() -> None:
    assert read_policy(build.people({}), rules=[rule("a", {"approvals": 2, "from": "owner"})])[1] == ()


SAMPLE = SAMPLES / "acme"


def sample(name: str, kind: str) -> tuple[Any, Source]:
    file = f"governance/{name}.yaml" if name != "fleet-config" else f"{name}.yaml"
    content = (SAMPLE / file).read_bytes()
    doc = read_document(content, file, kind, GOVERNANCE_LIMITS)
    assert doc.findings == ()
    return doc.data, Source(file=file, sha256=doc.sha256, locate=doc.locate)


def test_the_sample_is_governed_without_findings() -> None:
    people, of_people = parse_people(*sample("people", "people"))
    assert people is not None
    policy, of_policy = parse_policy(*sample("policy", "policy"), people)
    config, of_config = parse_config(*sample("fleet-config", "fleet-config"), "0.1.0")

    assert (of_people, of_policy, of_config) == ((), (), ())
    assert policy is not None
    assert config is not None
    assert [rule.id for rule in policy.rules] == [
        "every-change",
        "medium-risk",
        "high-risk",
        "new-privilege",
        "only-safer",
    ]
    assert [rule.place.line for rule in policy.rules if rule.place] == [15, 18, 21, 25, 28]


def test_a_wrong_team_in_the_sample_is_found_at_its_line() -> None:
    data, of = sample("policy", "policy")
    people, _ = parse_people(*sample("people", "people"))
    assert people is not None
    smaller = {name: team for name, team in people.teams.items() if name != "platform"}

    value, findings = parse_policy(data, of, replace(people, teams=smaller))

    assert value is None
    assert [(finding.place.line, finding.place.path) for finding in findings] == [
        (20, "rules[medium-risk].require[0].from")
    ]
