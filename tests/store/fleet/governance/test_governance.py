"""Governance files: what a schema cannot see is found at its line, and nobody decides by a wrong policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from fleetward.domain.change import ChangeClass, Direction
from fleetward.domain.errors import ExitCode, FleetError
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.path import lookup
from fleetward.domain.people import People
from fleetward.domain.policy import Assurance, Policy, RequiredApprovals, RequiredEvals, RequiredSoak
from fleetward.store.fleet import governance
from fleetward.store.fleet.governance import Source
from fleetward.store.fleet.governance.config import permits
from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from tests import build
from tests.paths import SAMPLES

SAMPLE = SAMPLES / "acme"
PEOPLE = build.people({"payments": ["alice", "carla"], "risk": ["bob", "gita"]})
RULES = ("review-overdue", "model-unverified")


def source(file: str, data: Any) -> Source:
    """A source that knows only paths which are there: a finding at any other fails the test."""

    def locate(path: str) -> Place:
        assert lookup(data, path)[0] or path == "", f"{path!r} stands nowhere"
        return Place(file=file, line=7, path=path)

    return Source(file=file, sha256="sha256:" + "1" * 64, locate=locate)


def finding_paths(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    assert all(finding.severity is Severity.ERROR and finding.hint for finding in findings)
    return [(finding.rule, finding.place.path) for finding in findings]


def read_config(version: str = "0.1.0", **changes: Any) -> Any:
    data = {
        "apiVersion": "fleetward/v1",
        "kind": "FleetConfig",
        "repository": "acme/agents",
        "environments": [{"name": "staging"}, {"name": "production", "from": "staging"}],
        **changes,
    }
    return governance.parse_config(data, source("fleet-config.yaml", data), version)


def read_people(**changes: Any) -> Any:
    data = {
        "people": {"alice": {"name": "Alice Roe", "emails": ["alice@acme.example"]}},
        **changes,
    }
    return governance.parse_people(data, source("governance/people.yaml", data))


def read_policy(people: People = PEOPLE, **changes: Any) -> tuple[Policy | None, tuple[Finding, ...]]:
    data = {
        "version": 3,
        "tiers": ["low", "medium", "high"],
        "rules": [rule("every-change", {"approvals": 1, "from": "owner"})],
        **changes,
    }
    return governance.parse_policy(data, source("governance/policy.yaml", data), people)


def rule(
    name: str, *require: dict[str, Any], when: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    return {"id": name, "when": when or {"to": "production"}, "require": list(require), **fields}


# --- fleet-config.yaml


def test_a_configuration_becomes_environments_in_order() -> None:
    value, findings = read_config(
        environments=[
            {"name": "staging"},
            {"name": "qa", "from": "staging"},
            {"name": "production", "from": ["staging", "qa"], "overridable": ["spec.budgets"]},
        ]
    )

    assert findings == ()
    assert [
        (environment.name, environment.sources, environment.gated) for environment in value.environments
    ] == [
        ("staging", (), False),
        ("qa", ("staging",), True),
        ("production", ("staging", "qa"), True),
    ]
    assert value.environments[2].overridable == ("spec.budgets",)


def test_settings_of_rules_are_words_or_have_a_reach() -> None:
    value, findings = read_config(
        rules={
            "review-overdue": "off",
            "budget-missing": {"severity": "error", "tiers": ["high"], "environments": ["production"]},
        }
    )

    assert findings == ()
    assert value.rules["review-overdue"].severity is None
    assert value.rules["budget-missing"].severity is Severity.ERROR
    assert value.rules["budget-missing"].tiers == {"high"}
    assert value.rules["budget-missing"].environments == {"production"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"environments": [{"name": "staging"}, {"name": "staging"}]}, "environments[1].name"),
        ({"environments": [{"name": "staging\n"}]}, "environments[0].name"),
        ({"environments": [{"name": "a", "from": "b"}, {"name": "b"}]}, "environments[a].from"),
        ({"environments": [{"name": "a", "from": "a"}]}, "environments[a].from"),
        (
            {"environments": [{"name": "a", "overridable": ["metadata.name"]}]},
            "environments[a].overridable[0]",
        ),
        ({"environments": [{"name": "a", "overridable": ["spec"]}]}, "environments[a].overridable[0]"),
        ({"rules": {"yaml-syntax": "warning"}}, "rules.yaml-syntax"),
        ({"rules": {"x": {"severity": "note", "environments": ["qa"]}}}, "rules.x.environments[0]"),
    ],
)
def test_a_wrong_configuration_is_found_at_its_path(changes: dict[str, Any], path: str) -> None:
    assert finding_paths(read_config(**changes)[1]) == [("schema", path)]


@pytest.mark.parametrize(
    ("requires", "version", "permitted"),
    [
        (">=0.1,<1", "0.1.0", True),
        (">=0.1,<1", "0.1", True),
        (">=0.1,<1", "0.10.3", True),
        (">=0.1,<1", "0.0.9", False),
        (">=0.1,<1", "1.0.0", False),
        (">=0.1, <1", "1", False),
        ("==0.1", "0.1.0", True),
        ("!=0.1", "0.1.0", False),
        (">0.1", "0.1.0", False),
        ("<=0.1", "0.1.0", True),
        (">=0.9", "0.10", True),
    ],
)
def test_versions_compare_number_by_number(requires: str, version: str, permitted: bool) -> None:
    assert permits(requires, version) is permitted


@pytest.mark.parametrize("requires", ["", ">=0.1,", "~=0.1", "0.1", ">=", ">=0.1.", ">=0..1", ">=v1"])
def test_what_is_no_range_is_refused(requires: str) -> None:
    with pytest.raises(FleetError, match=r"fleet-config.yaml:7: .* is not a range"):
        read_config(requires=requires)


def test_a_tool_of_another_version_does_not_judge() -> None:
    with pytest.raises(FleetError, match=r"fleet-config.yaml:7: this fleet requires fleetward >=2") as caught:
        read_config(requires=">=2")

    assert caught.value.code is ExitCode.ERROR


# --- people.yaml


def test_people_robots_and_teams_become_values() -> None:
    value, findings = read_people(
        people={
            "alice": {"emails": ["alice@acme.example"], "since": "2024-01-01", "left": "2026-10-01"},
            "bob": {"name": "Bob Lind", "emails": ["bob@acme.example", "bob@home.example"]},
        },
        robots={"ci": {"emails": ["ci@acme.example"], "operatedBy": "bob"}},
        teams={
            "risk": {"members": ["bob", {"person": "alice", "since": "2026-01-01", "until": "2026-12-31"}]}
        },
    )

    assert findings == ()
    assert value.people["alice"].departed == date(2026, 10, 1)
    assert value.by_email("BOB@home.example") is value.people["bob"]
    assert value.robots["ci"].operated_by == "bob"
    assert value.members("risk", datetime(2026, 9, 30, tzinfo=UTC)) == {"alice", "bob"}
    assert value.members("risk", datetime(2026, 10, 1, tzinfo=UTC)) == {"bob"}


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH8D4ksr2esYLJ4fulX/TT9sAWlw92K1ewZ5eGn5oEWj"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"people": {"a": {"emails": []}}}, ("people-pattern", "people.a")),
        ({"people": {"a": {"emails": ["*@acme.example"]}}}, ("people-pattern", "people.a.emails[0]")),
        ({"people": {"a": {"emails": ["acme.example"]}}}, ("people-pattern", "people.a.emails[0]")),
        ({"people": {"a": {"emails": ["a@b@c"]}}}, ("people-pattern", "people.a.emails[0]")),
        (
            {"people": {"a": {"emails": ["x@y.example"]}, "b": {"emails": ["X@Y.example"]}}},
            ("people-pattern", "people.b.emails[0]"),
        ),
        (
            {"people": {"a": {"emails": ["x@y.example"]}}, "robots": {"ci": {"emails": ["x@y.example"]}}},
            ("people-pattern", "robots.ci.emails[0]"),
        ),
        (
            {
                "people": {
                    "a": {"emails": ["a@y.example"], "keys": [{"key": f"{KEY} at home"}]},
                    "b": {"emails": ["b@y.example"], "keys": [{"key": KEY}]},
                }
            },
            ("people-pattern", "people.b.keys[0].key"),
        ),
        ({"people": {"A": {"emails": ["a@y.example"]}}}, ("people-pattern", "people.A")),
        (
            {"people": {"ci": {"emails": ["a@y.example"]}}, "robots": {"ci": {"emails": ["ci@y.example"]}}},
            ("people-pattern", "robots.ci"),
        ),
        (
            {"people": {"a": {"emails": ["a@y.example"], "left": "2026-02-30"}}},
            ("people-pattern", "people.a.left"),
        ),
        (
            {"people": {"a": {"emails": ["a@y.example"], "since": "2026-02-01", "left": "2026-01-01"}}},
            ("people-pattern", "people.a.left"),
        ),
        (
            {"robots": {"ci": {"emails": ["c@y.example"], "operatedBy": "bob"}}},
            ("role-unknown", "robots.ci.operatedBy"),
        ),
        ({"teams": {"risk": {"members": ["alice", "bob"]}}}, ("role-unknown", "teams.risk.members[1]")),
        ({"teams": {"risk": {"members": [{"person": "bob"}]}}}, ("role-unknown", "teams.risk.members[0]")),
        (
            {"robots": {"ci": {"emails": ["c@y.example"]}}, "teams": {"risk": {"members": ["ci"]}}},
            ("role-unknown", "teams.risk.members[0]"),
        ),
        ({"teams": {"owner": {"members": ["alice"]}}}, ("people-pattern", "teams.owner")),
        (
            {
                "teams": {
                    "risk": {"members": [{"person": "alice", "since": "2026-02-01", "until": "2026-01-31"}]}
                }
            },
            ("people-pattern", "teams.risk.members[0].until"),
        ),
    ],
)
def test_a_wrong_identity_is_found_at_its_path(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert finding_paths(read_people(**changes)[1]) == [expected]


def test_one_person_may_have_the_same_key_for_two_times() -> None:
    keys = [{"key": KEY, "until": "2025-01-01"}, {"key": f"{KEY} again", "since": "2026-01-01"}]

    assert read_people(people={"a": {"emails": ["a@y.example"], "keys": keys}})[1] == ()


def test_a_misspelt_member_gets_the_nearest_name() -> None:
    [finding] = read_people(teams={"risk": {"members": ["alica"]}})[1]

    assert finding.hint == "did you mean 'alice'?"


# --- policy.yaml


def test_a_policy_becomes_values() -> None:
    value, findings = read_policy(
        floors={"high": [{"toolAccess": "admin"}]},
        required={"low": ["spec.owner.team"]},
        approvals={"expire": "P7D", "exclude": ["author"], "unknownAuthors": "ignore"},
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
    )

    assert findings == ()
    assert value is not None
    first, second = value.rules
    assert (value.version, value.sha256, value.veto) == (3, "sha256:" + "1" * 64, {"risk"})
    assert value.approvals.expire == timedelta(days=7)
    assert value.approvals.exclude == {"author"}
    assert value.approvals.ignore_unknown_authors
    assert value.limits == {"retiring": timedelta(days=90)}
    assert first.require == (
        RequiredApprovals(count=2, teams=frozenset({"risk", "payments"})),
        RequiredEvals(max_age=timedelta(days=7)),
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


def test_what_a_policy_leaves_out_is_strict() -> None:
    value, _ = read_policy()

    assert value is not None
    assert value.approvals.expire == timedelta(days=14)
    assert value.approvals.exclude == {"author", "committer", "co-author", "robot"}
    assert not value.approvals.ignore_unknown_authors


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
        ({"limits": {"retiring": "P1Y"}}, "limits.retiring"),
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
        ({"rules": [rule("a", {"evals": "passed", "maxAge": "P1M"})]}, "rules[a].require[0].maxAge"),
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
        ({"rollback": {"within": "P30D", "require": [ONE, {"soak": "PT1H"}]}}, "rollback.require[1]"),
        ({"breakGlass": {**GLASS, "require": [{"soak": "PT1H"}, ONE]}}, "breakGlass.require[0]"),
        ({"breakGlass": {**GLASS, "require": [ONE, {"evals": "passed"}]}}, "breakGlass.require[1]"),
    ],
)
def test_a_policy_that_nobody_could_meet_is_no_policy(changes: dict[str, Any], path: str) -> None:
    value, findings = read_policy(**changes)

    assert finding_paths(findings) == [("policy-unsatisfiable", path)]
    assert value is None


def test_evaluations_may_be_asked_of_what_comes_back_and_of_an_emergency_that_waits_for_them() -> None:
    evals = {"evals": "passed"}

    value, findings = read_policy(
        rollback={"within": "P30D", "require": [ONE, evals]},
        breakGlass={**GLASS, "skips": ["soak"], "require": [ONE, evals]},
    )

    assert finding_paths(findings) == []
    assert value is not None


@pytest.mark.parametrize("group", ["rollback", "breakGlass", "governance"])
def test_an_exit_that_too_few_people_could_open_is_found_before_the_bad_day(group: str) -> None:
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


def test_a_rule_of_the_lowest_tier_may_ask_nothing() -> None:
    value, findings = read_policy(rules=[rule("a", when={"tier": "low"})])

    assert findings == ()
    assert value is not None


def test_as_many_as_two_teams_have_together_can_be_asked() -> None:
    assert read_policy(rules=[rule("a", {"approvals": 4, "from": ["risk", "payments"]})])[1] == ()


def test_owner_is_no_team_and_can_always_be_asked() -> None:
    assert read_policy(build.people({}), rules=[rule("a", {"approvals": 2, "from": "owner"})])[1] == ()


# --- freezes


def frozen(start: str, end: str, zone: str) -> tuple[Policy | None, tuple[Finding, ...]]:
    return read_policy(freezes=[{"id": "year-end", "from": start, "to": end, "zone": zone}])


def test_a_freeze_is_written_in_local_time() -> None:
    value, findings = frozen("2026-12-20T00:00", "2027-07-03T00:00:30", "Europe/Berlin")

    assert findings == ()
    assert value is not None
    [freeze] = value.freezes
    assert freeze.start == datetime(2026, 12, 19, 23, 0, tzinfo=UTC)
    assert freeze.end == datetime(2027, 7, 2, 22, 0, 30, tzinfo=UTC)


def test_around_a_change_of_clocks_the_freeze_is_the_longer_one() -> None:
    autumn, _ = frozen("2026-10-25T02:30", "2026-10-25T02:30", "Europe/Berlin")
    spring, _ = frozen("2026-03-29T02:30", "2026-03-29T04:00", "Europe/Berlin")

    assert autumn is not None
    assert spring is not None
    assert autumn.freezes[0].start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert autumn.freezes[0].end == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert spring.freezes[0].start == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "zone", "key"),
    [
        ("2026-12-20T00:00", "2026-12-20T00:00", "Europe/Berlin", "to"),
        ("2026-12-20T00:00", "2026-12-19T00:00", "UTC", "to"),
        ("2026-12-20T00:00", "2026-12-21T00:00", "Europe/Berlim", "zone"),
        ("2026-12-20T00:00", "2026-12-21T00:00", "../../etc/passwd", "zone"),
        ("2026-12-20T00:00", "2026-12-21T00:00", "Europe", "zone"),
        ("2026-02-30T00:00", "2026-12-21T00:00", "UTC", "from"),
        ("2026-12-20T00:00Z", "2026-12-21T00:00", "UTC", "from"),
    ],
)
def test_a_wrong_freeze_is_found_at_its_path(start: str, end: str, zone: str, key: str) -> None:
    value, findings = frozen(start, end, zone)

    assert finding_paths(findings) == [("policy-unsatisfiable", f"freezes[year-end].{key}")]
    assert value is None


def test_a_local_time_at_the_edge_of_the_calendar_is_no_crash() -> None:
    value, findings = frozen("2026-01-01T00:00", "9999-12-31T23:59", "America/New_York")

    assert value is None
    assert finding_paths(findings) == [("policy-unsatisfiable", "freezes[year-end].to")]


# --- waivers.yaml, registers


def waive(**changes: Any) -> Any:
    entry = {
        "rule": "review-overdue",
        "agent": "refund-bot",
        "reason": "moved",
        "approvedBy": "alice",
        "expires": "2026-12-31",
        **changes,
    }
    data = {"waivers": [entry]}
    return governance.parse_waivers(data, source("governance/waivers.yaml", data), PEOPLE, RULES)


def test_a_waiver_becomes_a_value_with_its_place() -> None:
    [waiver], findings = waive(environment="production")

    assert findings == ()
    assert (waiver.rule, waiver.environment, waiver.expires) == (
        "review-overdue",
        "production",
        date(2026, 12, 31),
    )
    assert waiver.place.path == "waivers[0]"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rule": "review-overdu"}, ("schema", "waivers[0].rule")),
        ({"approvedBy": "mallory"}, ("role-unknown", "waivers[0].approvedBy")),
        ({"expires": "2026-02-30"}, ("schema", "waivers[0].expires")),
        ({"reason": " \t"}, ("schema", "waivers[0].reason")),
    ],
)
def test_a_wrong_waiver_excepts_nothing(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    value, findings = waive(**changes)

    assert value == ()
    assert finding_paths(findings) == [expected]


def test_a_register_is_the_file_as_it_is() -> None:
    data = {"connectors": {"crm": {"owner": "payments"}}}

    value, findings = governance.parse_register(data, source("governance/connectors.yaml", data))

    assert findings == ()
    assert value is not None
    assert (value.file, value.data) == ("governance/connectors.yaml", data)
    assert value.locate("connectors.crm").path == "connectors.crm"


# --- the sample fleet


def sample(name: str, kind: str) -> tuple[Any, Source]:
    file = f"governance/{name}.yaml" if name != "fleet-config" else f"{name}.yaml"
    content = (SAMPLE / file).read_bytes()
    doc = read_document(content, file, kind, GOVERNANCE_LIMITS)
    assert doc.findings == ()
    return doc.data, Source(file=file, sha256=doc.sha256, locate=doc.locate)


def test_the_sample_is_governed_without_findings() -> None:
    people, of_people = governance.parse_people(*sample("people", "people"))
    assert people is not None
    policy, of_policy = governance.parse_policy(*sample("policy", "policy"), people)
    config, of_config = governance.parse_config(*sample("fleet-config", "fleet-config"), "0.1.0")

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
    people, _ = governance.parse_people(*sample("people", "people"))
    assert people is not None
    smaller = {name: team for name, team in people.teams.items() if name != "platform"}

    value, findings = governance.parse_policy(data, of, replace(people, teams=smaller))

    assert value is None
    assert [(finding.place.line, finding.place.path) for finding in findings] == [
        (20, "rules[medium-risk].require[0].from")
    ]
